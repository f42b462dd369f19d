# SPDX-License-Identifier: EUPL-1.2
"""GET and HEAD: one snapshot for data and permission; under a grant one commit for the log too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import IO

from acl.decide import Decision
from acl.journal import new_id
from acl.modes import Mode
from acl.permit import Permit
from ldp.admission import look, missing_error, refusal
from ldp.ask import Answer, Ask, House, Stream
from ldp.conditions import check_read, not_modified
from ldp.discovery import more_links, shown_owners
from ldp.headers import VARY, links, method_headers, read_headers, storage_description_link
from ldp.listing import wants_minimal
from ldp.navigation import lead
from ldp.needs import to_read
from ldp.partial import document, whole
from ldp.ranges import Stretch
from ldp.settling import count_and_log, name_entry, settled
from ldp.showing import chosen_type, is_quick, show, show_members
from ldp.spool import PAGE, Spool, write_at_once, write_in_pages
from ldp.strict import baring
from ldp.uses import shared
from pod import rdf
from pod.contents import exists
from pod.database import Tx
from pod.errors import Unavailable
from pod.iri import Iri, is_auxiliary, is_container, storage_of
from pod.membership import page_of
from pod.resource import Found, Member

TRIES = 6
PAGED_TRIES = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What one snapshot showed; a container's first members, one more than fit on a page."""

    found: Found
    decision: Decision
    members: Sequence[Member]
    twin: bool
    spooled: int | None = None
    owners: Sequence[str] = ()


async def read(house: House, ask: Ask) -> Answer:
    """The resource in the form that fits, or why not.

    A read that only a grant permits is settled in one write (decision 16). What is shown quickly is
    prepared in that very write. All else is prepared before; the write decides again and sees that
    the same version is still there. When something moved in between, it starts over.
    """
    if ask.navigates:
        # A13: a browser shows or keeps what is open, whatever it said that it prefers.
        ask = replace(ask, accept=None)
    looked: Seen | None = None
    if _under_grant(house, ask):
        looked, done = await _at_once(house, ask)
        if done is not None:
            return _outcome(done)
    for attempt in range(TRIES):
        if attempt >= PAGED_TRIES and is_container(ask.target) and ask.method == "GET":
            answer, seen, permit = await _look_and_list(house, ask)
        else:
            seen = await house.db.read(_see, house, ask) if looked is None else looked
            looked = None
            if ask.navigates and not _is_open_file(seen):
                # A13: settled before permission, so it tells nothing of what is here.
                return lead(house, ask)
            permit = _permit_or_refuse(ask, seen)
            answer = await _prepare(house, ask, seen, permit, None)
        if answer is None:
            continue
        if permit.spend is None or seen.found.resource is None:
            house.readers.note(ask.who.webid, under_grant=False)
            await shared(house, ask, seen.found.resource, answer)
            return _outcome(answer)
        if await settled(house, ask, seen.found, permit, answer):
            house.readers.note(ask.who.webid, under_grant=True)
            return _outcome(answer)
    raise Unavailable("This resource changes too fast to be read as a whole; try again.")


def _under_grant(house: House, ask: Ask) -> bool:
    """A guess: whether this will be a read of a document under a grant."""
    if ask.who.webid is None or is_container(ask.target) or is_auxiliary(ask.target):
        # Who is not signed in has no grant, and cannot make the writer work by naming one.
        return False
    return ask.who.named.grant is not None or house.readers.likely(ask.who.webid)


async def _at_once(house: House, ask: Ask) -> tuple[Seen | None, Answer | None]:
    """The answer with its log entry, on disk; or at least what there is, to be prepared at ease."""
    entry = new_id(house.base)
    try:
        seen, answer = await house.db.write(
            storage_of(ask.target), _see_and_settle, house, ask, entry
        )
    except Unavailable:
        # Whether it needs to be written at all is seen by the long way.
        return None, None
    if answer is not None:
        name_entry(answer, _permit_or_refuse(ask, seen), entry)
    return seen, answer


async def _see_and_settle(tx: Tx, house: House, ask: Ask, entry: Iri) -> tuple[Seen, Answer | None]:
    """One unit for all of it, if it is under a grant and nothing slow is in it."""
    seen = await _see(tx, house, ask)
    permit, resource = _permit_or_refuse(ask, seen), seen.found.resource
    if permit.spend is None or resource is None or not is_quick(house, ask, resource, permit.view):
        return seen, None
    answer = await _prepare(house, ask, seen, permit, None)
    if answer is not None:
        await count_and_log(tx, ask, resource, permit, answer, entry, house.now())
    return seen, answer


def _is_open_file(seen: Seen) -> bool:
    """A13: whether a browser that opens it gets the bytes: public, and no RDF."""
    resource = seen.found.resource
    is_data = resource is None or rdf.is_rdf(resource.media_type)
    return Mode.READ in seen.decision.public and not is_data


def _outcome(answer: Answer) -> Answer:
    if answer.refusal is not None:
        raise answer.refusal
    return answer


async def _look_and_list(house: House, ask: Ask) -> tuple[Answer | None, Seen, Permit]:
    """The snapshot that decides writes the whole listing: it cannot change under way."""
    file = await house.files.scratch()
    try:
        seen = await house.db.read(_see_all, house, ask, file)
        permit = _permit_or_refuse(ask, seen)
        answer = await _prepare(house, ask, seen, permit, file)
    except BaseException:
        file.close()
        raise
    if answer is None or not isinstance(answer.body, Stream):
        file.close()
    return answer, seen, permit


async def _see_all(tx: Tx, house: House, ask: Ask, file: IO[bytes]) -> Seen:
    seen = await _see(tx, house, ask)
    resource = seen.found.resource
    if resource is None or len(seen.members) <= PAGE:
        return seen
    view = _permit_or_refuse(ask, seen).view
    spool = Spool(file, resource, view, chosen_type(ask, resource, view), bare=baring(house, ask))
    return replace(seen, spooled=await write_at_once(tx, spool))


async def _see(tx: Tx, house: House, ask: Ask) -> Seen:
    found, decision = await look(tx, house, ask.who, ask.target, house.now())
    may = Mode.READ in decision.modes
    listed: Sequence[Member] = ()
    twin = False
    if may and found.resource is not None and found.resource.is_container:
        listed = await page_of(tx, ask.target, "", PAGE + 1)
        bare = baring(house, ask)
        listed = listed if bare is None else await bare(tx, listed)
    elif may and found.resource is None:
        twin = await _readable_twin(tx, house, ask)
    sees_owners = may and ask.who.webid is not None and not _is_cut_down(decision)
    owners = await shown_owners(tx, ask.target) if sees_owners else ()
    return Seen(found, decision, listed, twin, owners=owners)


def _is_cut_down(decision: Decision) -> bool:
    permit = decision.because(Mode.READ)
    return permit is not None and permit.view is not None


async def _readable_twin(tx: Tx, house: House, ask: Ask) -> bool:
    # SP-16: a redirect to the twin tells that it exists, so it needs Read there as well.
    twin = _twin(ask.target)
    if is_auxiliary(ask.target) or not await exists(tx, twin):
        return False
    _, decision = await look(tx, house, ask.who, twin, house.now())
    return Mode.READ in decision.modes


def _twin(iri: Iri) -> Iri:
    return Iri(iri[:-1]) if is_container(iri) else Iri(iri + "/")


def _permit_or_refuse(ask: Ask, seen: Seen) -> Permit:
    ((_, mode),) = to_read(ask.target)
    permit = seen.decision.because(mode)
    if permit is not None:
        return permit
    if mode in seen.decision.public:
        return Permit(seen.decision.public, seen.found.acl.iri if seen.found.acl else "")
    raise refusal(ask.who, seen.decision, ask.target)


def _absent(house: House, ask: Ask, seen: Seen) -> Answer:
    if seen.twin:
        link = storage_description_link(ask.target)
        return Answer(301, {"Location": _twin(ask.target), "Vary": VARY, "Link": link})
    headers = method_headers(ask.target, exists=False, rdf=not is_container(ask.target))
    raise missing_error(
        ask.target, seen.decision, {**headers, "Link": links(ask.target, house.base)}
    )


async def _prepare(
    house: House, ask: Ask, seen: Seen, permit: Permit, file: IO[bytes] | None
) -> Answer | None:
    """The answer but for its log entry; None when what was seen is there no longer."""
    resource, view = seen.found.resource, permit.view
    if resource is None:
        return _absent(house, ask, seen)
    media_type = chosen_type(ask, resource, view)
    minimal = resource.is_container and wants_minimal(ask.prefer)
    headers = read_headers(
        resource, seen.decision, ask.who, media_type, house.base, view, minimal=minimal
    )
    if view is None:
        headers["Link"] += more_links(seen.found, seen.owners)
    strict = house.strict_listing and resource.is_container and not minimal
    if strict:
        # SP-35: each reader sees another list, which an ACL elsewhere changes: kept by nobody.
        headers["Cache-Control"] = "no-store"
    check_read(ask.conditions, headers["ETag"], resource.modified)
    same = not_modified(ask.conditions, headers["ETag"], resource.modified, resource.is_container)
    if same and not strict:
        return Answer(304, headers)
    if minimal:
        # SP-36, RFC 7240 §3: what was honoured is said.
        headers["Preference-Applied"] = "return=representation"
        return whole(ask, headers, show_members(resource, view, (), media_type))
    if len(seen.members) > PAGE:
        return await _long_listing(house, ask, seen, headers, Listing(permit, media_type, file))
    if resource.is_container:
        return whole(ask, headers, show_members(resource, view, seen.members, media_type))
    try:
        shown = await show(house, resource, view, media_type)
        return await document(house, ask, resource, headers, shown)
    except FileNotFoundError:
        # The body was replaced or deleted since the snapshot; its file went with it.
        return None


@dataclass(frozen=True, slots=True)
class Listing:
    """How a long listing is made; `file` holds it when one snapshot has written all of it."""

    permit: Permit
    media_type: str
    file: IO[bytes] | None


async def _long_listing(
    house: House, ask: Ask, seen: Seen, headers: dict[str, str], listing: Listing
) -> Answer | None:
    """GET and HEAD alike name no length: HEAD would have to write all of it to know."""
    headers["Content-Type"] = listing.media_type
    resource = seen.found.resource
    if ask.method == "HEAD" or resource is None:
        return Answer(200, headers, None, None)
    if listing.file is not None and seen.spooled is not None:
        return Answer(200, headers, _spooled(listing.file, seen.spooled), None)
    file = await house.files.scratch()
    try:
        bare = baring(house, ask)
        spool = Spool(file, resource, listing.permit.view, listing.media_type, bare=bare)
        size = await write_in_pages(house.db, spool, seen.members)
        # The last look decides for all pages: the same version shows the same list.
        if size is not None and await house.db.read(_still, house, ask, resource.version):
            return Answer(200, headers, _spooled(file, size), None)
    except BaseException:
        file.close()
        raise
    file.close()
    return None


def _spooled(file: IO[bytes], size: int) -> Stream:
    return Stream(file, (Stretch(0, size),))


async def _still(tx: Tx, house: House, ask: Ask, version: int) -> bool:
    found, decision = await look(tx, house, ask.who, ask.target, house.now())
    same = found.resource is not None and found.resource.version == version
    return same and Mode.READ in decision.modes


def options(house: House, ask: Ask, seen: Seen) -> Answer:
    """SP-68: the true set for those who may read, the shape of the address for everyone else."""
    resource = seen.found.resource
    if Mode.READ in seen.decision.modes:
        # SP-68: what a read would say, also where nothing is (PATCH makes no containers).
        may_be_rdf = not is_container(ask.target)
        is_rdf = may_be_rdf if resource is None else rdf.is_rdf(resource.media_type)
        headers = method_headers(ask.target, exists=resource is not None, rdf=is_rdf)
    else:
        headers = shape_headers(ask.target)
    return Answer(204, {**headers, "Link": links(ask.target, house.base), "Vary": "Origin"})


def shape_headers(iri: Iri) -> dict[str, str]:
    """Every method that an address of this shape could take; says nothing about what is there."""
    methods = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]
    headers = {"Accept-Patch": "text/n3, application/sparql-update", "Accept-Put": "*/*"}
    if is_container(iri):
        methods.append("POST")
        headers["Accept-Post"] = "*/*"
    return {"Allow": ", ".join(methods), **headers}


async def answer_options(house: House, ask: Ask) -> Answer:
    """OPTIONS that is no preflight; anyone may ask."""
    return options(house, ask, await house.db.read(_see, house, ask))
