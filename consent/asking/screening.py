# SPDX-License-Identifier: EUPL-1.2
"""KC-11: what a request may not ask. Reads the request alone, never the pod (T-47), pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from consent.asking.request import Asked
from consent.durations import longer, plus
from consent.registry.agency import ACTIVE, Agency
from consent.registry.purpose import PUBLISHED, DataClass, Purpose
from consent.terms import MODES, Datum, Terms, datum_json
from consent.texts import troubles_in
from pod.errors import PodError, Unprocessable
from pod.instant import DAY, Instant, text_of

POSSIBLE_MODES = MODES
LONGEST_WAIT = 366 * DAY


@dataclass(frozen=True, slots=True)
class Broken:
    """One limit that the request does not keep to."""

    pointer: str
    detail: str
    asked: object = None
    allowed: object = None

    def json(self) -> dict[str, object]:
        """As one of the `errors` of the problem."""
        return {
            "pointer": self.pointer,
            "detail": self.detail,
            "asked": self.asked,
            "allowed": self.allowed,
        }


def screened_out(broken: Iterable[Broken]) -> Unprocessable:
    """The refusal, one error per broken limit; the citizen never sees it."""
    errors = [limit.json() for limit in broken]
    return Unprocessable(
        "The request asks for more than its purpose allows, or is not put well;"
        " each place is named under errors.",
        problem="request-screened-out",
        errors=errors,
    )


def completed(asked: Asked, purpose: Purpose) -> Asked:
    """KC-9: what the request leaves out is the purpose's own."""
    limits, terms = purpose.limits, asked.terms
    endless = terms.duration is None and terms.valid_until is None
    filled = replace(
        terms,
        data=tuple(replace(d, special=is_special(d, purpose)) for d in terms.data),
        duration=limits.duration if endless else terms.duration,
        count=terms.count if terms.count is not None else limits.count,
        min_interval=terms.min_interval or limits.interval,
        retention=terms.retention or limits.retention,
    )
    return replace(asked, terms=filled, if_refused=asked.if_refused or purpose.if_refused)


def is_special(datum: Datum, purpose: Purpose) -> bool:
    """Whether only special categories of the purpose allow this datum, as far as words tell."""
    allowing = classes_of(datum, purpose)
    return bool(allowing) and all(data_class.special for data_class in allowing)


def classes_of(datum: Datum, purpose: Purpose) -> list[DataClass]:
    """The data classes of the purpose that allow what is asked."""
    return [
        data_class
        for data_class in purpose.classes
        if datum.cls in (None, data_class.cls) and _properties_fit(datum, data_class)
    ]


def _properties_fit(datum: Datum, data_class: DataClass) -> bool:
    if data_class.properties is None:
        return True
    return datum.properties is not None and set(datum.properties) <= set(data_class.properties)


def text_troubles(source: Mapping[str, object]) -> list[Broken]:
    """Control and bidirectional characters and national numbers, in any text of the request."""
    return [Broken(pointer, f"holds {trouble}") for pointer, trouble in troubles_in(dict(source))]


def purpose_troubles(asked: Asked, purpose: Purpose | None, agency: Agency) -> list[Broken]:
    """Unknown, unpublished, another agency's, or of the other lane."""
    if agency.state != ACTIVE:
        return [Broken("", "the agency may not ask now", agency.state, ACTIVE)]
    if purpose is None or purpose.agency != agency.id:
        # Nobody learns here what other agencies draft or had suspended.
        return [Broken("/purpose", "not a published purpose of yours", asked.purpose)]
    if purpose.state != PUBLISHED:
        return [Broken("/purpose", "this purpose may not be asked now", purpose.state, PUBLISHED)]
    if purpose.lane != "consent":
        # Invariant 9: what the law allows is never asked as if one could say no.
        return [Broken("/purpose", "not a purpose of the consent lane", purpose.lane, "consent")]
    return []


def limit_troubles(asked: Asked, purpose: Purpose, agency: Agency, moment: Instant) -> list[Broken]:
    """Everything in a completed request that goes beyond its purpose."""
    return [
        *_data(asked.terms, purpose),
        *_lists(asked.terms, purpose),
        *_times(asked.terms, purpose, moment),
        *_amounts(asked.terms, purpose, moment),
        *_rest(asked, agency, moment),
    ]


def _data(terms: Terms, purpose: Purpose) -> Iterator[Broken]:
    for number, datum in enumerate(terms.data):
        if not classes_of(datum, purpose):
            allowed = [
                {"class": c.cls, "properties": None if c.properties is None else list(c.properties)}
                for c in purpose.classes
            ]
            yield Broken(
                f"/data/{number}", "outside the purpose's classes", datum_json(datum), allowed
            )
    if len(terms.pods()) > 1:
        yield Broken("/data", "one request is about one pod", len(terms.pods()), 1)


def _lists(terms: Terms, purpose: Purpose) -> Iterator[Broken]:
    limits = purpose.limits
    modes = [mode for mode in limits.modes if mode in POSSIBLE_MODES]
    for name, asked, allowed in (
        ("modes", terms.modes, modes),
        ("recipients", terms.recipients, limits.recipients),
        ("countries", terms.countries, limits.countries),
    ):
        if not set(asked) <= set(allowed):
            yield Broken(f"/{name}", "more than the purpose allows", list(asked), list(allowed))


def _times(terms: Terms, purpose: Purpose, moment: Instant) -> Iterator[Broken]:
    if terms.duration is None and terms.valid_until is None:
        yield Broken("/duration", "neither the request nor its purpose says until when")
        return
    try:
        start, end = terms.window(moment)
        latest = plus(start, purpose.limits.duration) if purpose.limits.duration else end
    except PodError as error:
        yield Broken("/duration", error.detail)
        return
    if end <= start:
        yield Broken("/validUntil", "ends before it begins", text_of(end), text_of(start))
    if end > latest:
        yield Broken(
            "/duration" if terms.duration else "/validUntil",
            "longer than the purpose allows",
            terms.duration or text_of(end),
            purpose.limits.duration,
        )


def _amounts(terms: Terms, purpose: Purpose, moment: Instant) -> Iterator[Broken]:
    limits = purpose.limits
    if limits.count is not None and (terms.count is None or terms.count > limits.count):
        yield Broken("/count", "more often than the purpose allows", terms.count, limits.count)
    keep, most = terms.retention, limits.retention
    if keep and most and longer(keep, most, moment):
        yield Broken("/retention", "kept longer than the purpose allows", keep, most)
    pause, least = terms.min_interval, limits.interval
    if pause and least and longer(least, pause, moment):
        yield Broken("/minInterval", "closer together than the purpose allows", pause, least)


def _rest(asked: Asked, agency: Agency, moment: Instant) -> Iterator[Broken]:
    if asked.if_refused is None or "nl" not in asked.if_refused:
        given = None if asked.if_refused is None else list(asked.if_refused)
        yield Broken("/ifRefused/nl", "the Dutch text is missing", given, ["nl"])
    if asked.callback is not None and asked.callback not in agency.callbacks:
        yield Broken(
            "/callback", "not a registered callback", asked.callback, list(agency.callbacks)
        )
    if asked.deadline is not None and not moment < asked.deadline <= moment + LONGEST_WAIT:
        yield Broken(
            "/decisionDeadline",
            "not in the coming year",
            text_of(asked.deadline),
            text_of(moment + LONGEST_WAIT),
        )
