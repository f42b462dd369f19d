# SPDX-License-Identifier: EUPL-1.2
"""What may be read, how and for how long: the terms of a request, a notice and a grant, pure."""

from collections.abc import Callable
from dataclasses import dataclass

from consent.durations import longer, plus
from consent.faults import Faults
from consent.reading import Members
from pod.errors import PodError
from pod.instant import Instant, text_of
from pod.iri import Iri, canonical_path, is_auxiliary, is_container, storage_of

READ = "read"
APPEND = "append"
MODES = ("append", "read")
MOST_DATA = 100


@dataclass(frozen=True, slots=True)
class Datum:
    """One thing asked for or given: a target, or a class of which the citizen picks.

    `properties` None is the whole resource. A resolved datum of a class has both a target and
    the class that it was found by. `members` is a container with all it will ever hold.
    """

    target: Iri | None
    cls: str | None
    properties: tuple[str, ...] | None
    members: bool = False
    required: bool = False
    special: bool = False

    def covers(self, iri: Iri) -> bool:
        """Whether the name is given by this datum. ACLs and descriptions never are (2.3)."""
        if self.target is None or is_auxiliary(iri):
            return False
        return iri == self.target or (self.members and iri.startswith(self.target))


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that enforcement and the log need to know. An end, or a duration until it."""

    data: tuple[Datum, ...]
    modes: tuple[str, ...] = (READ,)
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    duration: str | None = None
    count: int | None = None
    min_interval: str | None = None
    retention: str | None = None
    recipients: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    case: str | None = None

    def window(self, moment: Instant) -> tuple[Instant, Instant]:
        """From when until when, if the yes were said at that moment (domain.md 2.4)."""
        start = max(moment, self.valid_from or moment)
        if self.valid_until is not None:
            return start, self.valid_until
        return start, start if self.duration is None else plus(start, self.duration)

    def pods(self) -> tuple[Iri, ...]:
        """The pods that the targets lie in."""
        return tuple(dict.fromkeys(storage_of(d.target) for d in self.data if d.target))


def read_data(members: Members, base: Iri) -> tuple[Datum, ...]:
    """The `data` of a request; 422 with a fault for each datum that has one."""
    items = members.objects("data", MOST_DATA)
    if not items:
        members.wrong("data", "missing or empty")
    faults = Faults()
    found = [_read_or_note(item, base, faults) for item in items]
    faults.end("The data")
    data = tuple(datum for datum in found if datum is not None)
    names = [datum.target or datum.cls for datum in data]
    if len(set(names)) != len(names):
        members.wrong("data", "the same target or class twice")
    return data


def _read_or_note(item: Members, base: Iri, faults: Faults) -> Datum | None:
    return faults.maybe(lambda: read_datum(item, base))


def read_datum(item: Members, base: Iri) -> Datum:
    """One of the `data`: a target or a class."""
    target = read_target(item, base)
    cls = item.iri("class")
    if (target is None) == (cls is None):
        item.wrong("target", "give either a target or a class")
    many = item.flag("members")
    if many and (target is None or not is_container(target)):
        item.wrong("members", "only a container, whose name ends with a slash, has members")
    datum = Datum(target, cls, read_properties(item), many, item.flag("required"))
    item.done()
    return datum


def read_target(item: Members, base: Iri) -> Iri | None:
    """A target in its one spelling, so that terms and reads speak of the same name (SP-18)."""
    text = item.iri("target")
    if text is None:
        return None
    if "?" in text or "#" in text or text.count("/") < 3:
        item.wrong("target", "not the address of a resource")
    if not text.startswith(base):
        return Iri(text)
    try:
        return Iri(base[:-1] + canonical_path(text[len(base) - 1 :]))
    except PodError as error:
        item.wrong("target", error.detail.rstrip("."))


def read_properties(item: Members) -> tuple[str, ...] | None:
    """The listed properties, sorted; None for the whole resource."""
    properties = item.iris("properties")
    if properties is None:
        return None
    if not properties:
        item.wrong("properties", "an empty list; leave it out to ask for the whole resource")
    return tuple(sorted(properties))


def datum_json(datum: Datum) -> dict[str, object]:
    """A datum as the API shows it."""
    shown: dict[str, object] = {}
    if datum.target is not None:
        shown["target"] = datum.target
    if datum.cls is not None:
        shown["class"] = datum.cls
    if datum.properties is not None:
        shown["properties"] = list(datum.properties)
    if datum.members:
        shown["members"] = True
    shown["required"] = datum.required
    if datum.special:
        shown["special"] = True
    return shown


def terms_json(terms: Terms) -> dict[str, object]:
    """Terms as the API shows them and as rows keep them; absent values are null."""
    return {
        "data": [datum_json(datum) for datum in terms.data],
        "modes": list(terms.modes),
        "validFrom": _shown(terms.valid_from),
        "validUntil": _shown(terms.valid_until),
        "duration": terms.duration,
        "count": terms.count,
        "minInterval": terms.min_interval,
        "retention": terms.retention,
        "recipients": list(terms.recipients),
        "countries": list(terms.countries),
        "case": terms.case,
    }


def terms_of(kept: dict[str, object]) -> Terms:
    """Terms as a row keeps them: written by terms_json, so not asked again for their form."""
    row = Members(kept)
    return Terms(
        tuple(kept_datum(item) for item in row.objects("data", 100_000) or ()),
        row.words("modes") or (),
        row.instant("validFrom"),
        row.instant("validUntil"),
        row.text("duration"),
        row.number("count"),
        row.text("minInterval"),
        row.text("retention"),
        row.words("recipients") or (),
        row.words("countries") or (),
        row.text("case"),
    )


def kept_datum(item: Members) -> Datum:
    """A datum as a row keeps it."""
    target = item.text("target")
    return Datum(
        None if target is None else Iri(target),
        item.text("class"),
        item.words("properties"),
        item.flag("members"),
        item.flag("required"),
        item.flag("special"),
    )


def _shown(moment: Instant | None) -> str | None:
    return None if moment is None else text_of(moment)


def within(datum: Datum, wider: Datum) -> bool:
    """Whether one datum gives nothing that the other does not."""
    if datum.target is None or not wider.covers(datum.target):
        return False
    if datum.members and not wider.members:
        return False
    if wider.properties is None:
        return True
    return datum.properties is not None and set(datum.properties) <= set(wider.properties)


def broadened(terms: Terms, than: Terms, moment: Instant) -> str | None:
    """Which member gives more than the other terms do; None when nothing does (invariant 6)."""
    for name, fits in _COMPARED:
        if not fits(terms, than, moment):
            return name
    return None


def narrower(terms: Terms, than: Terms, moment: Instant) -> bool:
    """Whether these terms give nothing that the others do not, for a yes at that moment."""
    return broadened(terms, than, moment) is None


def _data_fit(terms: Terms, than: Terms, moment: Instant) -> bool:
    return all(any(within(datum, wider) for wider in than.data) for datum in terms.data)


def _modes_fit(terms: Terms, than: Terms, moment: Instant) -> bool:
    return set(terms.modes) <= set(than.modes)


def _window_fits(terms: Terms, than: Terms, moment: Instant) -> bool:
    (start, end), (earliest, latest) = terms.window(moment), than.window(moment)
    return start >= earliest and end <= latest


def _count_fits(terms: Terms, than: Terms, moment: Instant) -> bool:
    return than.count is None or (terms.count is not None and terms.count <= than.count)


def _interval_fits(terms: Terms, than: Terms, moment: Instant) -> bool:
    if than.min_interval is None:
        return True
    kept = terms.min_interval
    return kept is not None and not longer(than.min_interval, kept, moment)


def _retention_fits(terms: Terms, than: Terms, moment: Instant) -> bool:
    if than.retention is None:
        return True
    kept = terms.retention
    return kept is not None and not longer(kept, than.retention, moment)


def _others_fit(terms: Terms, than: Terms, moment: Instant) -> bool:
    return set(terms.recipients) <= set(than.recipients)


def _countries_fit(terms: Terms, than: Terms, moment: Instant) -> bool:
    return set(terms.countries) <= set(than.countries)


def _case_fits(terms: Terms, than: Terms, moment: Instant) -> bool:
    return terms.case == than.case


_COMPARED: tuple[tuple[str, Callable[[Terms, Terms, Instant], bool]], ...] = (
    ("data", _data_fit),
    ("modes", _modes_fit),
    ("validUntil", _window_fits),
    ("count", _count_fits),
    ("minInterval", _interval_fits),
    ("retention", _retention_fits),
    ("recipients", _others_fit),
    ("countries", _countries_fit),
    ("case", _case_fits),
)
