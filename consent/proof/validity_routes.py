# SPDX-License-Identifier: EUPL-1.2
"""HTTP: the signed answer whether a grant was in force at a moment (KC-17)."""

from dataclasses import dataclass

from aiohttp import web

from consent import forms
from consent.exchange_routes import require_signed_in
from consent.house import House
from consent.log.heads import signed
from consent.log.routes import moment_in
from consent.proof.validity import validity
from identity.door import Door, json_answer
from identity.who import Who

FORMS = (forms.JOSE, forms.JSON)
HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}


@dataclass(frozen=True, slots=True)
class Proofs:
    """Proofs of validity as a room."""

    house: House

    async def validity(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        form = forms.choose(request.headers.get("Accept"), FORMS)
        name = self.house.name("grants", request.match_info["code"])
        payload = await validity(self.house, who, name, moment_in(request, "at"))
        jws = signed(self.house, payload)
        if form == forms.JSON:
            return json_answer({"payload": payload, "jws": jws}, headers=HEADERS)
        return web.Response(body=jws.encode(), content_type=form, headers=HEADERS)


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The address of proofs."""
    return [web.get("/.consent/grants/{code}/validity", door.api(Proofs(house).validity))]
