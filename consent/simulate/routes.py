# SPDX-License-Identifier: EUPL-1.2
"""HTTP: who can read this, why, and what would change (KC-27)."""

from dataclasses import dataclass

from aiohttp import web

from consent.exchange_routes import require_signed_in
from consent.house import House
from consent.reading import Members
from consent.simulate import change as trial
from identity.door import Door, json_answer, read_json
from identity.who import Who
from pod.errors import PodError, Unprocessable
from pod.iri import Iri, canonical_path


@dataclass(frozen=True, slots=True)
class Simulation:
    """One room, three questions. Nothing is stored."""

    house: House
    sources: trial.Sources

    async def ask(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        # Nothing of it is kept or shown to others, and rules have line ends: texts stay as sent.
        members = Members(await read_json(request))
        resource = _resource(members, self.house.base)
        question, acl = members.iri("request"), members.text("acl")
        members.done()
        if (resource is None) == (question is None) or (acl is not None and resource is None):
            raise Unprocessable(
                "Give a resource, a resource with an acl, or a request.", problem="bad-term"
            )
        house, sources = self.house, self.sources
        if question is not None:
            return json_answer(await trial.by_yes(house, sources, who, Iri(question)))
        if resource is None:
            raise LookupError("one of them was given")
        if acl is not None:
            return json_answer(await trial.by_rules(house, sources, who, resource, acl))
        found = await trial.who_reaches(house, sources, who, resource)
        return json_answer(trial.now_json(resource, found))


def _resource(members: Members, base: Iri) -> Iri | None:
    text = members.iri("resource")
    if text is None:
        return None
    if not text.startswith(base) or "?" in text or "#" in text:
        members.wrong("resource", "not the address of a resource here")
    try:
        return Iri(base[:-1] + canonical_path(text[len(base) - 1 :]))
    except PodError as error:
        members.wrong("resource", error.detail.rstrip("."))


def routes(house: House, door: Door, sources: trial.Sources) -> list[web.RouteDef]:
    """The one address of it."""
    room = Simulation(house, sources)
    return [web.post("/.consent/simulate", door.api(room.ask))]
