# SPDX-License-Identifier: EUPL-1.2
"""HTTP: an agency's register of processing (GDPR article 30)."""

from dataclasses import dataclass

from aiohttp import web

from consent import forms
from consent.exchange_routes import document_answer, require_signed_in
from consent.house import House
from consent.proof.register import CONTEXT, as_csv, as_json, register
from identity.door import Door
from identity.who import Who

FORMS = (*forms.LINKED, forms.CSV)


@dataclass(frozen=True, slots=True)
class Registers:
    """The register as a room."""

    house: House

    async def register(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        form = forms.choose(request.headers.get("Accept"), FORMS)
        found = await register(self.house, who)
        if form != forms.CSV:
            document = as_json(found, self.house.base)
            return document_answer(request, self.house, document, context=CONTEXT)
        headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
        body = as_csv(found)
        return web.Response(body=body, content_type=form, charset="utf-8", headers=headers)


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The address of the register."""
    return [web.get("/.consent/register", door.api(Registers(house).register))]
