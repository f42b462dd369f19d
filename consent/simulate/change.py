# SPDX-License-Identifier: EUPL-1.2
"""What would change (KC-27): by other rules, or by a yes. Tried, asked about, and undone."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from acl.check import check_acl
from acl.decide import PermitSource
from consent.asking.choice import Choice, chosen
from consent.asking.decisions import new_grant
from consent.asking.holdings import Offered, offered
from consent.asking.put import Put, put_to
from consent.caller import caller_of, owns
from consent.grants.grant import Grant
from consent.grants.ledger import add_grant
from consent.house import House
from consent.lists import next_number
from consent.simulate.now import Asking, Reach, Reached, granted, reach, reached_json
from consent.texts import LANGUAGES
from identity.who import Who
from pod import clock
from pod.contents import find
from pod.database import Tx
from pod.errors import Clash, Missing, Unprocessable, Unreadable
from pod.instant import Instant
from pod.iri import Iri, acl_of, is_auxiliary, is_container
from pod.resource import Found, Resource

Json = dict[str, object]
Sources = Sequence[PermitSource]
TURTLE = "text/turtle"
# A name below a container, for whatever will lie in it.
MEMBER = "kluis-member"
MOST_TARGETS = 50


class _Undo(Exception):
    """Carries what was found out of a unit of work that must leave nothing behind."""

    def __init__(self, found: Json) -> None:
        super().__init__("undone")
        self.found = found


async def who_reaches(house: House, sources: Sources, who: Who, resource: Iri) -> Reach:
    """Who can reach the caller's own thing now, and because of what; Missing for others'."""
    return await house.db.read(_who_reaches, house, sources, who, resource)


async def _who_reaches(tx: Tx, house: House, sources: Sources, who: Who, resource: Iri) -> Reach:
    found = await _own(tx, house, who, resource)
    return await reach(tx, Asking(house.base, sources, house.now()), found)


async def _own(tx: Tx, house: House, who: Who, resource: Iri) -> Found:
    """KC-27: only its pod's owner asks; what is not hers and what is not there are the same."""
    webid = (await caller_of(tx, who, house.base)).subject()
    found = await find(tx, resource)
    if not await owns(tx, webid, found.pod) or found.resource is None or is_auxiliary(resource):
        raise Missing("There is nothing of yours by that name.")
    return found


def now_json(resource: Iri, found: Reach) -> Json:
    """The answer to `{"resource"}`."""
    return {
        "resource": resource,
        "items": [reached_json(each) for each in found.readers()],
        "notNow": [
            {"grant": each.grant, "agency": each.agency, "problem": each.problem}
            for each in found.not_now
        ],
        "whole": found.whole,
    }


async def by_rules(house: House, sources: Sources, who: Who, resource: Iri, acl: str) -> Json:
    """What other rules for the thing would change: for itself, and for what lies in it."""
    body = acl.encode()
    try:
        check_acl(acl_of(resource), TURTLE, body)
    except Unreadable as error:
        raise Unprocessable(
            f"The rules cannot be read: {error.detail}",
            problem="bad-term",
            errors=[{"pointer": "/acl", "detail": error.detail}],
        ) from error
    return await house.db.read(_by_rules, house, sources, who, resource, body)


async def _by_rules(
    tx: Tx, house: House, sources: Sources, who: Who, resource: Iri, body: bytes
) -> Json:
    found = await _own(tx, house, who, resource)
    asking = Asking(house.base, sources, house.now())
    answer: Json = {"resource": resource, **await _compared(tx, asking, found, body)}
    if is_container(resource):
        below = await find(tx, Iri(resource + MEMBER))
        answer["members"] = await _compared(tx, asking, below, body, resource)
    return answer


async def _compared(
    tx: Tx, asking: Asking, found: Found, body: bytes, at: Iri | None = None
) -> Json:
    name = acl_of(found.iri if at is None else at)
    digest = sha256(body).hexdigest()
    rules = Resource(found.pod, name, TURTLE, body, None, len(body), digest, 0, asking.now)
    before = await reach(tx, asking, found)
    after = await reach(tx, asking, replace(found, acl=rules))
    return _difference(before.reached, after.reached)


def _difference(before: Sequence[Reached], after: Sequence[Reached]) -> Json:
    """Who may do more, less and the same. Because of which rules does not matter here."""

    def lines(these: Sequence[Reached], those: Sequence[Reached]) -> list[Json]:
        known = {(each.reader, each.modes) for each in those}
        return [reached_json(each) for each in these if (each.reader, each.modes) not in known]

    same = {(each.reader, each.modes) for each in before}
    return {
        "gains": lines(after, before),
        "loses": lines(before, after),
        "stays": [reached_json(each) for each in after if (each.reader, each.modes) in same],
    }


@dataclass(frozen=True, slots=True)
class _Trial:
    """A yes to everything, that is not kept."""

    put: Put
    offers: tuple[Offered, ...]
    before: Mapping[Iri, Reach]
    code: str


async def by_yes(house: House, sources: Sources, who: Who, request: Iri) -> Json:
    """What a yes to all of this request would change, per thing that it is about."""
    put = await house.db.read(put_to, who, request, house.base)
    offers = await offered(put.request, put.purpose, put.holdings, house.files, house.contexts)
    if put.holdings.pod is None or not offers:
        return {"request": request, "items": []}
    targets = [offer.datum.target for offer in offers if offer.datum.target is not None]
    shown = list(dict.fromkeys(targets))[:MOST_TARGETS]
    # What rules give is asked where no writer waits: a yes changes nothing of it.
    before = await house.db.read(_each_reach, house, sources, shown)
    trial = _Trial(put, offers, before, secrets.token_urlsafe(16))
    try:
        await house.db.write(put.holdings.pod, _by_yes, house, sources, trial)
    except _Undo as undone:
        return undone.found
    raise LookupError("a trial was kept")


async def _each_reach(
    tx: Tx, house: House, sources: Sources, targets: Sequence[Iri]
) -> dict[Iri, Reach]:
    asking = Asking(house.base, sources, house.now())
    return {target: await reach(tx, asking, await find(tx, target)) for target in targets}


async def _by_yes(tx: Tx, house: House, sources: Sources, trial: _Trial) -> None:
    put, pod = trial.put, trial.put.holdings.pod
    moment = await clock.instant(tx, house.now())
    if pod is None or put.request.grant is not None:
        raise Clash(
            "This request was decided already; ask about what it opens.", problem="wrong-state"
        )
    asking = Asking(house.base, sources, house.now())
    await add_grant(tx, await _would_be(tx, house, trial, pod, moment))
    items = []
    for target, before in trial.before.items():
        given, _ = await granted(tx, asking, await find(tx, target))
        after = tuple(dict.fromkeys((*before.by_rules(), *given)))
        items.append({"target": target, **_difference(before.reached, after)})
    raise _Undo({"request": put.request.id, "items": items})


async def _would_be(tx: Tx, house: House, trial: _Trial, pod: Iri, moment: Instant) -> Grant:
    """The grant of a yes to all that is offered."""
    everything = Choice("", LANGUAGES[0])
    terms = chosen(trial.put.request, trial.offers, everything, moment)
    name = house.name("grants", trial.code), await next_number(tx, "consent_grant")
    return new_grant(trial.put, pod, terms, everything, name, moment)
