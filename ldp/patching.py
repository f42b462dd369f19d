# SPDX-License-Identifier: EUPL-1.2
"""PATCH: a coarse right, then the body, then exactly the modes that the patch needs."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace

import pyoxigraph as ox

from acl.check import check_acl, check_groups
from acl.decide import Decision
from acl.history import record_change
from acl.modes import Mode
from acl.permit import Permit
from ldp import needs
from ldp.adding import granted, note_addition, unmarked
from ldp.admission import (
    CONSTRAINED,
    Place,
    has_some,
    look,
    refusal,
    refuse_clash,
    require,
    survey,
)
from ldp.ask import Answer, Ask, House, Kept
from ldp.bodies import discard, read_all, require_type, take_small
from ldp.conditions import check_write
from ldp.edit import edit
from ldp.headers import PATCH_TYPES, links, method_headers, written_headers
from ldp.inbox import take_message
from ldp.keeping import keep, make_containers
from ldp.listing import is_listed_fact
from ldp.n3 import read_n3_patch
from ldp.patch import Patch, apply
from ldp.profile import guard_issuer
from ldp.sparql import read_sparql_update
from pod import rdf
from pod.contents import INLINE, INLINE_RDF
from pod.database import Tx
from pod.errors import Clash, Unavailable, UnsupportedType, WrongMethod
from pod.files import Blob
from pod.instant import Instant
from pod.iri import described_by, governed_by, is_auxiliary, is_container, storage_of
from pod.rdf import Statements
from pod.resource import Resource

LARGEST_PATCH = 1024 * 1024
TRIES = 16
MOST_PATTERNS = 4
MOST_TRIPLES = 200


@dataclass(frozen=True, slots=True)
class Prepared:
    """The new state of a document, worked out aside for one version of it (0: not there)."""

    version: int
    content: bytes | Blob | None


async def patch(house: House, ask: Ask) -> Answer:
    """Change one RDF document, or make it."""
    large = await house.db.read(_admit, house, ask)
    change = await read_patch(ask)
    if not large and not _is_heavy(change):
        kept = await house.db.write(storage_of(ask.target), _patch, house, ask, change, None)
        if kept is not None:
            return kept.answer
    return await _patch_aside(house, ask, change)


def _is_heavy(change: Patch) -> bool:
    """Whether working it out could hold up the database thread."""
    patterns = sum(len(step.where) for step in change.steps)
    triples = sum(len(step.deletes) + len(step.inserts) for step in change.steps)
    return patterns > MOST_PATTERNS or triples > MOST_TRIPLES


async def _admit(tx: Tx, house: House, ask: Ask) -> bool:
    """The coarse right before the body is read (pipeline step 7); whether the document is large."""
    found, decision = await look(tx, house, ask.who, ask.target, house.now())
    if not has_some(decision):
        raise refusal(ask.who, decision, ask.target)
    if found.resource is not None and Mode.READ in decision.modes:
        if Mode.APPEND not in decision.modes and not _takes_patches(found.resource):
            # Pipeline steps 8 and 10: rights come before what the kind of resource takes.
            raise refusal(ask.who, decision, ask.target)
        _refuse_not_rdf(found.resource, ask, house)
    require_type(ask)
    if rdf.essence(ask.content_type or "") not in PATCH_TYPES.split(", "):
        raise UnsupportedType(
            f"A patch is one of: {PATCH_TYPES}.", headers={"Accept-Patch": PATCH_TYPES}
        )
    return found.resource is not None and found.resource.size > INLINE


async def read_patch(ask: Ask) -> Patch:
    """The patch in the body, in either language; relative IRIs are meant against the target."""
    body = await take_small(ask, LARGEST_PATCH)
    is_n3 = rdf.essence(ask.content_type or "") == "text/n3"
    read = read_n3_patch if is_n3 else read_sparql_update
    return (
        await asyncio.to_thread(read, body, ask.target)
        if len(body) > INLINE
        else (read(body, ask.target))
    )


def _takes_patches(resource: Resource) -> bool:
    return resource.is_container or rdf.is_rdf(resource.media_type)


def _refuse_not_rdf(resource: Resource, ask: Ask, house: House) -> None:
    if not _takes_patches(resource):
        raise WrongMethod(
            "Only RDF documents can be patched; replace this with PUT.",
            headers=method_headers(ask.target, exists=True, rdf=False),
        )


async def _patch(
    tx: Tx, house: House, ask: Ask, change: Patch, prepared: Prepared | None
) -> Kept | None:
    """One commit. None when the document is large and no new state was prepared for its version."""
    now = house.now()
    place = await survey(tx, ask.target)
    under = await _require_modes(tx, house, ask, change, place, now)
    place = replace(place, under=under)
    old = place.found.resource
    _refuse_kind(house, ask, place)
    check_write(ask.conditions, old.version if old else None, old.modified if old else None)
    if prepared is not None or (old is not None and old.size > INLINE):
        if prepared is None or prepared.version != (old.version if old else 0):
            return None
        content = prepared.content
    else:
        content = _new_state(house, ask, old, old.body or b"" if old else b"", change)
    return await _keep(tx, house, ask, place, content, now)


async def _require_modes(
    tx: Tx, house: House, ask: Ask, change: Patch, place: Place, now: Instant
) -> Permit | None:
    _, decision = await look(tx, house, ask.who, ask.target, now)
    ((_, modes),) = needs.to_patch(ask.target, change)
    # n3-patch.md §3: an empty patch needs Read or Append.
    enough = has_some(decision) if not modes else modes in decision.modes
    if not enough or (Mode.READ in modes and _reads_by_grant(decision)):
        raise refusal(ask.who, decision, ask.target)
    if not place.exists:
        if place.deepest is None and not is_auxiliary(ask.target):
            raise refusal(ask.who, decision, ask.target)
        deepest = place.deepest or ask.target
        needed = needs.to_create(ask.target, place.missing, deepest)
        return await require(tx, house, ask.who, needed, now)
    return granted([(decision, modes)]) if modes else None


def _reads_by_grant(decision: Decision) -> bool:
    # T-42: a grant reads through its view, counted and logged. What a patch looks for would look
    # past all three, and could copy what is hidden to where it is shown.
    permit = decision.because(Mode.READ)
    return permit is not None and permit.spend is not None


def _refuse_kind(house: House, ask: Ask, place: Place) -> None:
    subject = governed_by(ask.target)
    if described_by(ask.target) is not None or (subject is not None and is_auxiliary(subject)):
        raise WrongMethod(
            "Auxiliary resources have no auxiliaries, and descriptions are not written yet.",
            headers={"Allow": "GET, HEAD, OPTIONS"},
        )
    refuse_clash(ask.target, place)
    if place.found.resource is not None:
        _refuse_not_rdf(place.found.resource, ask, house)
    elif is_container(ask.target):
        raise Clash(
            "PATCH makes no containers; use PUT.", problem="no-container", headers=CONSTRAINED
        )


def _new_state(
    house: House, ask: Ask, old: Resource | None, body: bytes, change: Patch
) -> bytes | None:
    """The document after the patch; None when nothing changed."""
    if old is None:
        triples = _in_order((), apply(change, ()))
        return rdf.write(triples, rdf.TURTLE)
    media_type = rdf.N_TRIPLES if old.is_container else old.media_type
    statements = rdf.parse(body, media_type, ask.target, house.contexts)
    return _changed(ask, old, body, statements, change)


def _changed(
    ask: Ask, old: Resource, body: bytes, statements: Statements, change: Patch
) -> bytes | None:
    if statements.named_graphs:
        raise Clash(
            "This document holds named graphs, which a patch would lose; replace it with PUT.",
            problem="named-graphs",
        )
    before = set(statements.triples)
    after = apply(change, before)
    if after == before:
        return None
    if old.is_container and any(is_listed_fact(ask.target, t) for t in after ^ before):
        raise Clash(
            "What a container holds, and its members' facts, come from the server.",
            problem="protected-statements",
            headers=CONSTRAINED,
        )
    media_type = rdf.N_TRIPLES if old.is_container else old.media_type
    edited = edit(body, media_type, ask.target, statements, before - after, after - before)
    if edited is not None:
        return edited
    return rdf.write(_in_order(statements.triples, after), media_type, statements.prefixes)


def _in_order(before: Sequence[ox.Triple], after: Iterable[ox.Triple]) -> list[ox.Triple]:
    """What stays where it stood, what is new behind it in a fixed order."""
    left = set(after)
    kept = [triple for triple in before if triple in left]
    return [*kept, *sorted(left.difference(before), key=str)]


async def _keep(
    tx: Tx, house: House, ask: Ask, place: Place, content: bytes | Blob | None, now: Instant
) -> Kept:
    old = place.found.resource
    media_type = old.media_type if old is not None else rdf.TURTLE
    more = {"Link": links(ask.target, house.base)}
    if old is not None and content is None:
        # P5: nothing changed, so there is no new version and nobody is told.
        headers = written_headers(ask.target, old.version, old.essence, old.modified)
        headers |= await note_addition(tx, house, ask, place.under, old, 204)
        return Kept(Answer(204, {**unmarked(headers, place.under), **more}))
    kept = content if content is not None else b""
    if isinstance(kept, bytes):
        await _check_kept(tx, house, ask, old, media_type, kept)
    await make_containers(tx, place.missing, now)
    created = old is None
    if created:
        await take_message(tx, house, ask, media_type, kept)
    new = await keep(tx, ask.target, media_type, kept, now, created=created, quota=house.quota)
    if governed_by(ask.target) is not None:
        await record_change(tx, new, ask.who, created=created)
    headers = written_headers(ask.target, new.version, rdf.essence(media_type), now)
    headers |= await note_addition(tx, house, ask, place.under, new, 201 if created else 204)
    if old is None:
        return Kept(Answer(201, {"Location": ask.target, **headers, **more}))
    dropped = (old.blob,) if old.blob is not None else ()
    return Kept(Answer(204, {**unmarked(headers, place.under), **more}), dropped)


async def _check_kept(
    tx: Tx, house: House, ask: Ask, old: Resource | None, media_type: str, body: bytes
) -> None:
    if governed_by(ask.target) is not None:
        rules = check_acl(
            ask.target, rdf.essence(media_type), body, open_control=house.open_control
        )
        await check_groups(tx, ask.target, rules, house.remote_groups)
    elif not is_container(ask.target):
        await guard_issuer(tx, house, old, ask.target, media_type, body)


async def _patch_aside(house: House, ask: Ask, change: Patch) -> Answer:
    """Worked out off the database thread, and kept if nobody was faster."""
    for _ in range(TRIES):
        prepared = await _prepare(house, ask, change)
        try:
            pod = storage_of(ask.target)
            kept = await house.db.write(pod, _patch, house, ask, change, prepared)
        except BaseException:
            await _discard(house, prepared)
            raise
        if kept is not None:
            await house.files.drop(kept.dropped)
            return kept.answer
        await _discard(house, prepared)
    raise Unavailable("This document changes too fast to be patched; try again.")


async def _discard(house: House, prepared: Prepared) -> None:
    if prepared.content is not None:
        await discard(house, prepared.content)


async def _prepare(house: House, ask: Ask, change: Patch) -> Prepared:
    old = await house.db.read(_permitted, house, ask, change)
    if old is not None and not rdf.is_rdf(old.media_type):
        return Prepared(old.version, None)
    body = await _body(house, old)
    new = await asyncio.to_thread(_new_state, house, ask, old, body, change)
    version = old.version if old else 0
    if new is None or len(new) <= INLINE_RDF:
        return Prepared(version, new)
    return Prepared(version, await house.files.save(_one_piece(new), rdf.LARGEST))


async def _permitted(tx: Tx, house: House, ask: Ask, change: Patch) -> Resource | None:
    """T-32: nothing is worked out on a document for who may not do all of that to it."""
    place = await survey(tx, ask.target)
    await _require_modes(tx, house, ask, change, place, house.now())
    return place.found.resource


async def _body(house: House, old: Resource | None) -> bytes:
    if old is None:
        return b""
    content = old.body or b"" if old.blob is None else Blob(old.blob, old.size, old.digest)
    return await read_all(house, content)


async def _one_piece(body: bytes) -> AsyncIterator[bytes]:
    yield body
