# SPDX-License-Identifier: EUPL-1.2
"""May this operation go on? Rights first, then what is there: the order decides what leaks."""

from collections.abc import Iterable
from dataclasses import dataclass

from acl.decide import Decision, decide
from acl.modes import Mode
from acl.permit import Denial, Permit
from identity.who import Who
from ldp.adding import granted
from ldp.ask import House
from ldp.headers import storage_description_link
from ldp.needs import Need
from pod.contents import existing, find
from pod.database import Tx
from pod.errors import Clash, Missing, NotSignedIn, PodError, Refused
from pod.instant import Instant
from pod.iri import Iri, is_auxiliary, is_container, ladder, storage_of
from pod.resource import Found

RESERVED = ("-", ".oidc", ".account", ".access", ".uma", ".consent", ".notifications", ".acr")
CONSTRAINED = {"Link": '</-/constraints/containment>; rel="http://www.w3.org/ns/ldp#constrainedBy"'}


class Denied(Refused):
    """A refusal that a known agency learns the reason of, and that goes into the log."""

    def __init__(self, denial: Denial, iri: Iri) -> None:
        super().__init__(
            denial.detail,
            problem=denial.problem,
            headers={"Link": storage_description_link(iri), **denial.headers},
            more=denial.more,
        )
        self.denial = denial


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name lies: what is there, and which containers above it are not there yet.

    `under` is the grant by which it may be made or added to, None when WAC is enough.
    """

    found: Found
    missing: tuple[Iri, ...]
    deepest: Iri | None
    twin: Iri | None
    under: Permit | None = None

    @property
    def exists(self) -> bool:
        return self.found.resource is not None


def refusal(who: Who, decision: Decision, iri: Iri) -> PodError:
    """401 for nobody, 403 for somebody; the same bytes whether or not there is anything (A10)."""
    if who.webid is None:
        return NotSignedIn(
            "Sign in: this address is not open to everyone.",
            headers={"Link": storage_description_link(iri)},
        )
    if decision.denial is not None:
        return Denied(decision.denial, iri)
    return Refused(
        "You are signed in, and that does not give access here.",
        headers={"Link": storage_description_link(iri)},
    )


async def look(tx: Tx, house: House, who: Who, iri: Iri, now: Instant) -> tuple[Found, Decision]:
    """What is there and what this caller may do with it, in one snapshot."""
    found = await find(tx, iri)
    return found, await decide(tx, who, found, now, house.sources)


async def require(
    tx: Tx, house: House, who: Who, needs: Iterable[Need], now: Instant
) -> Permit | None:
    """Every mode on every resource, or the refusal. The grant that was needed for it, if any."""
    found: list[tuple[Decision, Mode]] = []
    for iri, modes in needs:
        _, decision = await look(tx, house, who, iri, now)
        if modes not in decision.modes:
            raise refusal(who, decision, iri)
        found.append((decision, modes))
    return granted(found)


async def survey(tx: Tx, target: Iri) -> Place:
    """Look at the name, its twin, and the containers above it: two queries at any depth."""
    found = await find(tx, target)
    if is_auxiliary(target):
        return Place(found, (), None, None)
    above = ladder(target)[1:]
    twins = [Iri(step[:-1]) for step in above if step != storage_of(target)]
    twin = Iri(target[:-1]) if is_container(target) else Iri(target + "/")
    taken = await existing(tx, [*above, *twins, twin])
    missing = tuple(step for step in above if step not in taken)
    deepest = next((step for step in above if step in taken), None)
    in_the_way = next((name for name in (twin, *twins) if name in taken), None)
    return Place(found, missing, deepest, in_the_way)


def refuse_clash(target: Iri, place: Place) -> None:
    """SP-14: x and x/ never both exist, also not higher up. Decision 32: some names are kept."""
    first = target[len(storage_of(target)) :].split("/", 1)[0]
    if first in RESERVED or first in (".well-known", ".dev"):
        raise Clash(
            f"{first!r} directly below a pod is kept for the server.",
            problem="reserved-name",
            headers=CONSTRAINED,
        )
    if not place.exists and place.twin is not None:
        raise Clash(
            f"<{place.twin}> exists, and a document and a container cannot share a name.",
            problem="slash-twin",
            headers=CONSTRAINED,
        )


def missing_error(iri: Iri, decision: Decision, headers: dict[str, str]) -> Missing:
    """404 for those who may read here."""
    return Missing("There is nothing at this address.", headers=headers)


def has_some(decision: Decision) -> bool:
    """Whether any mode is held that could make a patch possible (pipeline step 7)."""
    return bool(decision.modes & (Mode.READ | Mode.APPEND | Mode.WRITE | Mode.CONTROL))
