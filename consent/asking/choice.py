# SPDX-License-Identifier: EUPL-1.2
"""What the citizen says yes to: all that was offered, or less, never more (KC-14), pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from consent.asking.holdings import Offered
from consent.asking.request import Request
from consent.faults import Faults
from consent.reading import Members
from consent.terms import (
    MODES,
    MOST_DATA,
    Datum,
    Terms,
    broadened,
    read_properties,
    read_target,
)
from consent.texts import LANGUAGES
from pod.errors import Unprocessable
from pod.instant import Instant
from pod.iri import Iri


@dataclass(frozen=True, slots=True)
class Picked:
    """One thing she leaves in, whole as offered or with fewer properties."""

    target: Iri
    properties: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The body of an approval. What is None stays as the notice had it."""

    notice_hash: str
    language: str
    data: tuple[Picked, ...] | None = None
    modes: tuple[str, ...] | None = None
    count: int | None = None
    valid_until: Instant | None = None
    confirm: tuple[str, ...] = ()


def read_choice(source: Mapping[str, object], base: Iri) -> Choice:
    """The body of `POST requests/{id}/approve`."""
    members, faults = Members(source), Faults()
    maybe = faults.maybe
    choice = Choice(
        faults.read(lambda: members.need_text("noticeHash"), ""),
        faults.read(lambda: _need_language(members), ""),
        read_all_picked(members, base, faults),
        maybe(lambda: read_modes(members)),
        maybe(lambda: members.number("count")),
        maybe(lambda: members.instant("validUntil")),
        maybe(lambda: members.words("confirm")) or (),
    )
    maybe(members.done)
    faults.end("The yes")
    return choice


def _need_language(members: Members) -> str:
    return members.choice("lang", LANGUAGES) or members.wrong("lang", "missing")


def read_modes(members: Members) -> tuple[str, ...] | None:
    """The modes that are left, None when nothing was said of them."""
    modes = members.words("modes")
    if modes is not None and not (modes and set(modes) <= set(MODES)):
        members.wrong("modes", "not a list of read and append")
    return modes


def read_all_picked(members: Members, base: Iri, faults: Faults) -> tuple[Picked, ...] | None:
    """What is left in; None when nothing was said of it."""
    items = faults.maybe(lambda: members.objects("data", MOST_DATA * 10))
    if items is None:
        return None
    picked = [_picked_or_note(item, base, faults) for item in items]
    return tuple(each for each in picked if each is not None)


def _picked_or_note(item: Members, base: Iri, faults: Faults) -> Picked | None:
    return faults.maybe(lambda: read_picked(item, base))


def read_picked(item: Members, base: Iri) -> Picked:
    target = read_target(item, base)
    if target is None:
        item.wrong("target", "missing")
    picked = Picked(target, read_properties(item))
    item.done()
    return picked


def chosen(request: Request, offers: Sequence[Offered], choice: Choice, moment: Instant) -> Terms:
    """The terms of the grant; Unprocessable for anything but the offer or less."""
    if not offers:
        raise Unprocessable(
            "Nothing in this request is yours to share.", problem="nothing-to-share"
        )
    offer = replace(request.terms, data=tuple(offered.datum for offered in offers))
    start, end = offer.window(moment)
    terms = replace(
        offer,
        data=offer.data if choice.data is None else picked_from(choice.data, offer.data),
        modes=choice.modes or offer.modes,
        count=offer.count if choice.count is None else choice.count,
        valid_from=start,
        valid_until=end if choice.valid_until is None else choice.valid_until,
        duration=None,
    )
    member = broadened(terms, offer, moment)
    if member is not None:
        raise not_narrower(member)
    _require_time(terms, moment)
    _require_needed(request, offers, terms)
    _require_projectable(offers, terms)
    return terms


def not_narrower(member: str) -> Unprocessable:
    """KC-14: the refusal of a yes to more than was asked."""
    return Unprocessable(
        f"A yes can only give what was asked or less; {member} gives more.",
        problem="not-narrower",
        errors=[{"pointer": f"/{member}", "detail": "more than was asked"}],
    )


def picked_from(picked: Sequence[Picked], offered: Sequence[Datum]) -> tuple[Datum, ...]:
    """What she leaves in of what there was; Unprocessable for anything that was not."""
    data: list[Datum] = []
    for pick in picked:
        covering = [datum for datum in offered if datum.covers(pick.target)]
        exact = [datum for datum in covering if datum.target == pick.target]
        if not covering:
            raise not_narrower("data")
        for datum in exact or covering[:1]:
            whole = datum.members and datum.target == pick.target
            properties = pick.properties or datum.properties
            data.append(replace(datum, target=pick.target, properties=properties, members=whole))
    return tuple(dict.fromkeys(data))


def _require_time(terms: Terms, moment: Instant) -> None:
    start, end = terms.window(moment)
    if end <= start:
        raise Unprocessable(
            "That ends before it begins.",
            problem="terms-over",
            errors=[{"pointer": "/validUntil", "detail": "not after its beginning"}],
        )


def _require_needed(request: Request, offers: Sequence[Offered], terms: Terms) -> None:
    for item, datum in enumerate(request.terms.data):
        mine = [offer.datum for offer in offers if offer.item == item]
        if not datum.required or not mine:
            continue
        kept = any(d.target is not None and o.covers(d.target) for d in terms.data for o in mine)
        if not kept:
            raise Unprocessable(
                "The agency needs this item; without it, say no.",
                problem="required-dropped",
                errors=[{"pointer": f"/data/{item}", "detail": "required"}],
            )


def _require_projectable(offers: Sequence[Offered], terms: Terms) -> None:
    files = {offer.datum.target for offer in offers if offer.kind == "file"}
    for number, datum in enumerate(terms.data):
        if datum.properties is not None and datum.target in files:
            raise Unprocessable(
                "Single properties of this file cannot be shown; leave it out.",
                problem="not-projectable",
                errors=[{"pointer": f"/data/{number}", "detail": "no RDF"}],
            )
