# SPDX-License-Identifier: EUPL-1.2
"""HTTP: who can read this, why, and what would change (KC-27)."""

from dataclasses import dataclass

from aiohttp import web

from consent import simulate_change as trial
from consent.exchange_routes import read_body, require_signed_in
from consent.house import House
from consent.reading import Members
from consent.terms import read_target
from identity.door import Door, json_answer
from identity.who import Who
from pod.errors import Unprocessable
from pod.iri import Iri


@dataclass(frozen=True, slots=True)
class Simulation:
    """One room, three questions. Nothing is stored."""

    house: House
    sources: trial.Sources

    async def ask(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        members = Members(await read_body(request))
        resource = read_target(members, self.house.base, "resource")
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


def routes(house: House, door: Door, sources: trial.Sources) -> list[web.RouteDef]:
    """The one address of it."""
    room = Simulation(house, sources)
    return [web.post("/.consent/simulate", door.api(room.ask))]
