# SPDX-License-Identifier: EUPL-1.2
"""HTTP: the record of a grant as DPV, OSLO Toestemming or GConsent, one address for all three."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from consent import forms
from consent.context import RECORD
from consent.exchange_routes import require_signed_in
from consent.grants.events import events_of
from consent.grants.grants import Seen, grant
from consent.house import House
from consent.proof.oslo import (
    GCONSENT,
    GCONSENT_CONTEXT,
    OSLO,
    OSLO_CONTEXT,
    gconsent_of,
    toestemming_of,
)
from consent.proof.receipt import record_in_force
from consent.registry.purpose import find_purpose
from identity.door import Door
from identity.who import Who
from pod.errors import Unreadable

Node = dict[str, object]
DPV = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
# A profile by its short word or by its own name.
PROFILES: Mapping[str, str] = {
    "dpv": DPV,
    "oslo-toestemming": OSLO.rstrip("#"),
    "gconsent": GCONSENT.rstrip("#"),
}
FORMS = (forms.JSON_LD, forms.TURTLE)


@dataclass(frozen=True, slots=True)
class Records:
    """Records as a room."""

    house: House

    async def record(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        profile = _profile(request)
        form = forms.choose(request.headers.get("Accept"), FORMS)
        name = self.house.name("grants", request.match_info["code"])
        seen = await grant(self.house, who, name)
        document, context = await self._in(profile, seen)
        body = forms.written(document, context, form, self.house.base)
        headers = {
            "Cache-Control": "no-store",
            "Vary": "Accept, Accept-Profile, Authorization",
            "Content-Profile": f"<{profile}>",
            "Link": f'<{profile}>; rel="profile"',
        }
        return web.Response(body=body, content_type=form, headers=headers)

    async def _in(self, profile: str, seen: Seen) -> tuple[Node, Mapping[str, object]]:
        db, one = self.house.db, seen.grant
        if profile == DPV:
            return await db.read(record_in_force, one, self.house.base), RECORD
        given = (await db.read(events_of, one.id))[0].time
        if profile == PROFILES["gconsent"]:
            return gconsent_of(one, given, seen.moment), GCONSENT_CONTEXT
        purpose = await db.read(find_purpose, one.purpose, self.house.base)
        if purpose is None:
            raise LookupError("the purpose of a grant is gone")
        return toestemming_of(one, purpose, given, seen.moment), OSLO_CONTEXT


def _profile(request: web.Request) -> str:
    """`?profile=` first, then the first known name of `Accept-Profile`, else DPV."""
    asked = request.query.get("profile")
    if asked is None:
        header = request.headers.get("Accept-Profile", "")
        names = [part.split(";")[0].strip().strip("<>") for part in header.split(",")]
        known = [name for name in names if _known(name) is not None]
        asked = known[0] if known else "dpv"
    found = _known(asked)
    if found is None:
        raise Unreadable(f"profile is one of {', '.join(PROFILES)}.", problem="bad-parameter")
    return found


def _known(name: str) -> str | None:
    if name in PROFILES:
        return PROFILES[name]
    return next((iri for iri in PROFILES.values() if name.rstrip("#") == iri), None)


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The address of records."""
    return [web.get("/.consent/grants/{code}/record", door.api(Records(house).record))]
