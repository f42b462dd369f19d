# SPDX-License-Identifier: EUPL-1.2
"""Where apps register by themselves: POST /.oidc/reg (OP-8, OP-15)."""

from dataclasses import dataclass

from aiohttp import hdrs, web

from identity.callers import household_of
from identity.clients.metadata import BadMetadata
from identity.clients.registration import add_client, new_client, read_registration, told
from identity.cors import Cors
from identity.door import Door, json_answer, read_json
from identity.sign_in.tries import Tries
from identity.who import Who
from pod.database import Database
from pod.errors import PodError, TooLarge, TooMany, Unavailable, UnsupportedType
from pod.instant import Now

LIMIT = 64 * 1024
# In a quarter of an hour; an office has one address for many people.
MOST_PER_ADDRESS = 100
MOST_IN_ALL = 3000
MOST_IN_DEVELOPMENT = 2000


@dataclass(frozen=True, slots=True)
class Registry:
    """What registration works with."""

    db: Database
    tries: Tries
    now: Now
    dev: bool

    async def register(self, request: web.Request, who: Who) -> web.Response:
        """OP-8: 201 and the whole registration; RFC 7591 §3.2.2 when it does not fit."""
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(status=204, headers={"Allow": "POST, OPTIONS"})
        if request.method != hdrs.METH_POST:
            detail = "This address takes POST."
            return _refused("invalid_request", detail, 405, {"Allow": "POST, OPTIONS"})
        try:
            self._count(request.remote or "")
            said = read_registration(await read_json(request, LIMIT), dev=self.dev)
            new, now = new_client(), self.now()
            await self.db.write(None, add_client, new, said, now)
        except BadMetadata as error:
            return _refused(error.code, error.detail, 400, {})
        except PodError as error:
            return _failed(error)
        return json_answer(told(new, said, now), 201, {"Pragma": "no-cache"})

    def _count(self, address: str) -> None:
        most = MOST_IN_DEVELOPMENT if self.dev else MOST_PER_ADDRESS
        limits = ((f"registration {household_of(address)}", most), ("registration", MOST_IN_ALL))
        self.tries.count(limits, self.now())


def routes(
    db: Database, door: Door, tries: Tries, now: Now, *, dev: bool = False
) -> list[web.RouteDef]:
    """The one address; before the catch-all of /.oidc/."""
    registry = Registry(db, tries, now, dev)
    return [web.route("*", "/.oidc/reg", door.open(registry.register, Cors.PROTOCOL))]


def _failed(error: PodError) -> web.Response:
    for kind, status in ((TooMany, 429), (Unavailable, 503)):
        if isinstance(error, kind):
            return _refused("temporarily_unavailable", error.detail, status, error.headers)
    status = {TooLarge: 413, UnsupportedType: 415}.get(type(error), 400)
    return _refused("invalid_client_metadata", error.detail, status, {})


def _refused(code: str, detail: str, status: int, headers: dict[str, str]) -> web.Response:
    return json_answer({"error": code, "error_description": detail}, status, headers)
