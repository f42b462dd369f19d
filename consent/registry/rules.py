# SPDX-License-Identifier: EUPL-1.2
"""What may not stand in the registry though each member is well-formed, pure (KC-7, KC-8)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from consent.durations import longer
from consent.faults import Faults
from consent.reading import is_iri
from consent.registry.agency import CODES, Agency, read_agency
from consent.registry.purpose import Purpose, read_purpose
from consent.terms import MODES
from consent.texts import troubles_in
from pod.instant import Instant
from pod.iri import Iri

Fault = tuple[str, str]

_GROUND = re.compile(
    r"https://w3id\.org/dpv/legal/eu/gdpr#A(?P<article>6-1-[a-f]|9-2-[a-j])(-[a-z-]+)?"
)
_BY_CONSENT = ("6-1-a", "9-2-a")
_BY_LAW = ("6-1-c", "6-1-e")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_VERSION = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z.-]{0,30}[0-9A-Za-z])?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CODES = {"kbo": re.compile(r"[01][0-9]{3}\.?[0-9]{3}\.?[0-9]{3}"), "ovo": re.compile(r"OVO\d{6}")}


def article(ground: str) -> str | None:
    """The article of the GDPR that a ground is, such as `6-1-e`; None for anything else."""
    found = _GROUND.fullmatch(ground)
    return None if found is None else found["article"]


def lane_faults(purpose: Purpose) -> Iterator[Fault]:
    """Invariant 9: what the law allows is no question, and a yes is no law."""
    ground = article(purpose.legal_basis)
    if purpose.lane == "consent":
        # A protocol is an agreement between agencies and no ground by itself; a law is.
        if any(word == "law" for word, _ in purpose.references):
            yield "/law", "a purpose that cites a law or decree is not in the consent lane"
        if ground in _BY_LAW:
            yield "/legalBasis", "a duty or task by law is not in the consent lane"
    elif ground in _BY_CONSENT:
        yield "/legalBasis", "consent is no ground in the statutory lane"


def require_lane(purpose: Purpose) -> None:
    """The same for a file of the registry: it is refused whole."""
    faults = Faults()
    for pointer, detail in lane_faults(purpose):
        faults.add(pointer, detail)
    faults.end(f"The purpose <{purpose.id}>")


def read_draft(body: dict[str, object], base: Iri, moment: Instant) -> Purpose:
    """The body of `POST purposes`; 422 with each fault."""
    faults = _with_text_troubles(body)
    source = {**body, "id": _placed(body.get("id"), base, "purposes")}
    purpose = faults.maybe(lambda: read_purpose(source, base))
    if purpose is not None:
        for pointer, detail in _draft_faults(purpose, body, base, moment):
            faults.add(pointer, detail)
    faults.end("The purpose")
    if purpose is None:
        raise LookupError("a purpose without faults is there")
    return replace(purpose, state="draft")


def _with_text_troubles(body: dict[str, object]) -> Faults:
    faults = Faults()
    for pointer, trouble in troubles_in(body):
        faults.add(pointer, f"holds {trouble}")
    return faults


def _placed(id_: object, base: Iri, kind: str) -> object:
    """An id that is no more than slug (and version) is one of this registry."""
    if isinstance(id_, str) and not id_.startswith("/") and ":" not in id_:
        return f"{base}.consent/{kind}/{id_}"
    return id_


def _draft_faults(
    purpose: Purpose, body: dict[str, object], base: Iri, moment: Instant
) -> Iterator[Fault]:
    own = f"{base}.consent/purposes/{purpose.slug}/{purpose.version}"
    plain = _SLUG.fullmatch(purpose.slug) and _VERSION.fullmatch(purpose.version)
    if purpose.id != own or not plain:
        yield "/id", f"not an address of this registry: {base}.consent/purposes/SLUG/VERSION"
    if body.get("version") is not None and str(body["version"]) != purpose.version:
        yield "/version", "not the version that the id ends with"
    if body.get("state") not in (None, "draft"):
        yield "/state", "a new purpose is a draft; an operator publishes it"
    yield from lane_faults(purpose)
    if article(purpose.legal_basis) is None:
        yield "/legalBasis", "not a ground of the GDPR, such as gdpr:A6-1-a"
    if purpose.if_refused is not None and "nl" not in purpose.if_refused:
        yield "/consequenceOfRefusing/nl", "the Dutch text (nl) is missing"
    yield from _class_faults(purpose)
    yield from _limit_faults(purpose, moment)


def _class_faults(purpose: Purpose) -> Iterator[Fault]:
    if not purpose.classes:
        yield "/dataClasses", "missing or empty"
    seen: set[str] = set()
    for number, each in enumerate(purpose.classes):
        if each.properties == ():
            yield (
                f"/dataClasses/{number}/properties",
                "an empty list; leave it out for the whole resource",
            )
        if each.cls in seen:
            yield f"/dataClasses/{number}/class", "the same class twice"
        seen.add(each.cls)


def _limit_faults(purpose: Purpose, moment: Instant) -> Iterator[Fault]:
    limits = purpose.limits
    if not set(limits.modes) <= set(MODES):
        yield "/limits/modes", f"other than {', '.join(MODES)}"
    if not all(_COUNTRY.fullmatch(country) for country in limits.countries):
        yield "/limits/countries", "not codes of two capital letters"
    if limits.interval and limits.duration and longer(limits.interval, limits.duration, moment):
        yield "/limits/minInterval", "longer than maxDuration"
    if limits.interval and limits.count == 1:
        yield "/limits/minInterval", "there is nothing between one read"


def read_new_agency(body: dict[str, object], base: Iri, *, loopback: bool) -> Agency:
    """The body of `POST agencies`; 422 with each fault. `loopback`: callbacks here are fine."""
    faults = _with_text_troubles(body)
    source = {**body, "id": _placed(body.get("id"), base, "agencies")}
    agency = faults.maybe(lambda: read_agency(source, base))
    if agency is not None:
        for pointer, detail in _agency_faults(agency, base, loopback):
            faults.add(pointer, detail)
    faults.end("The agency")
    if agency is None:
        raise LookupError("an agency without faults is there")
    return agency


def _agency_faults(agency: Agency, base: Iri, loopback: bool) -> Iterator[Fault]:
    own = f"{base}.consent/agencies/{agency.slug}"
    if agency.id != own or not _SLUG.fullmatch(agency.slug):
        yield "/id", f"not an address of this registry: {base}.consent/agencies/SLUG"
    if "nl" not in agency.name:
        yield "/name", "the Dutch text (nl) is missing"
    if agency.state != "active":
        yield "/state", "a new agency is active"
    for word, code in agency.codes:
        if word in CODES and not _CODES[word].fullmatch(code):
            yield f"/{word}", f"not a {word.upper()} code"
    for number, webid in enumerate(agency.webids):
        if not is_iri(webid) or urlsplit(webid).scheme not in ("http", "https"):
            yield f"/webids/{number}", "not a WebID"
    for number, callback in enumerate(agency.callbacks):
        if not _is_callback(callback, loopback):
            yield f"/callbacks/{number}", "not an https address without a fragment"


def _is_callback(text: str, loopback: bool) -> bool:
    if not is_iri(text):
        return False
    parts = urlsplit(text)
    schemes = ("http", "https") if loopback else ("https",)
    return parts.scheme in schemes and bool(parts.netloc) and "#" not in text and "@" not in text
