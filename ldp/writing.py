# SPDX-License-Identifier: EUPL-1.2
"""PUT, POST and DELETE: rights, what is there, preconditions, then one commit."""

from collections.abc import Awaitable, Callable
from dataclasses import replace as with_

from acl.check import check_acl, check_groups
from acl.history import record_change, record_removal
from acl.modes import Mode
from acl.permit import Permit
from acl.rules import Rule
from ldp import needs
from ldp.adding import granted, note_addition
from ldp.admission import (
    CONSTRAINED,
    Place,
    look,
    missing_error,
    refusal,
    refuse_clash,
    require,
    survey,
)
from ldp.ask import Answer, Ask, House, Kept
from ldp.bodies import Draft, discard, read_all, refuse_announced, refuse_type, require_type, take
from ldp.conditions import check_write
from ldp.headers import links, method_headers, written_headers
from ldp.inbox import admit_message, take_message
from ldp.keeping import keep, make_containers, take_away
from ldp.listing import is_listed_fact
from ldp.profile import guard_deletion, guard_issuer
from ldp.room import refuse_announced_growth
from ldp.slug import fresh_name, name_from_slug
from pod import rdf
from pod.contents import exists, has_members, was_used
from pod.database import Tx
from pod.errors import Clash, Missing, Unreadable, UnsupportedType, WrongMethod
from pod.instant import Instant
from pod.iri import (
    Iri,
    acl_of,
    described_by,
    governed_by,
    is_auxiliary,
    is_container,
    storage_of,
    subject_of,
)
from pod.vocab import LDP

TRIES = 8
CONTAINERS = frozenset({LDP + "BasicContainer", LDP + "Container"})


async def replace(house: House, ask: Ask) -> Answer:
    """PUT: the whole state of one resource."""
    refuse_announced(house, ask)
    await house.db.read(_admit_put, house, ask)
    if is_container(ask.target):
        return await _put_container(house, ask)
    draft = await take(house, ask, ask.target)
    rules = await _acl_rules(house, ask.target, draft)
    return await _commit(
        house, draft, lambda: house.db.write(storage_of(ask.target), _put, house, ask, draft, rules)
    )


async def _commit(house: House, draft: Draft, write: Callable[[], Awaitable[Kept]]) -> Answer:
    try:
        kept = await write()
    except BaseException:
        await discard(house, draft.content)
        raise
    await house.files.drop(kept.dropped)
    return kept.answer


async def _admit_put(tx: Tx, house: House, ask: Ask) -> Place:
    """Everything that can be said before the body: asked again in the commit."""
    now = house.now()
    place = await survey(tx, ask.target)
    if place.exists:
        await require(tx, house, ask.who, needs.to_replace(ask.target), now)
    else:
        place = with_(place, under=await _require_creation(tx, house, ask, place, now))
    _refuse_kind(ask, place)
    refuse_clash(ask.target, place)
    if is_container(ask.target) and place.exists:
        raise Clash(
            "This container exists; PUT does not replace what it holds.",
            problem="container-exists",
            headers=CONSTRAINED,
        )
    if not is_container(ask.target):
        require_type(ask)
    refuse_type(ask)
    resource = place.found.resource
    check_write(
        ask.conditions,
        None if resource is None else resource.version,
        None if resource is None else resource.modified,
    )
    if not place.exists:
        await admit_message(tx, house, ask)
    await refuse_announced_growth(tx, house, ask, 0 if resource is None else resource.size)
    return place


async def _require_creation(
    tx: Tx, house: House, ask: Ask, place: Place, now: Instant
) -> Permit | None:
    if place.deepest is None and not is_auxiliary(ask.target):
        # No pod by that name: the same answer as for a pod that lets nobody in.
        _, decision = await look(tx, house, ask.who, ask.target, now)
        raise refusal(ask.who, decision, ask.target)
    deepest = place.deepest or ask.target
    needed = needs.to_create(ask.target, place.missing, deepest)
    return await require(tx, house, ask.who, needed, now)


def _refuse_kind(ask: Ask, place: Place) -> None:
    subject = governed_by(ask.target)
    if described_by(ask.target) is not None or (subject is not None and is_auxiliary(subject)):
        raise WrongMethod(
            "Auxiliary resources have no auxiliaries, and descriptions are not written yet.",
            headers={"Allow": "GET, HEAD, OPTIONS"},
        )


async def _acl_rules(house: House, target: Iri, draft: Draft) -> tuple[Rule, ...]:
    if governed_by(target) is None:
        return ()
    body = await read_all(house, draft.content)
    essence = rdf.essence(draft.media_type)
    return check_acl(target, essence, body, open_control=house.open_control)


async def _put(tx: Tx, house: House, ask: Ask, draft: Draft, rules: tuple[Rule, ...]) -> Kept:
    place = await _admit_put(tx, house, ask)
    if rules:
        await check_groups(tx, ask.target, rules, house.remote_groups)
    old = place.found.resource
    if isinstance(draft.content, bytes):
        await guard_issuer(tx, house, old, ask.target, draft.media_type, draft.content)
    else:
        await guard_deletion(tx, ask.target)
    now = house.now()
    await make_containers(tx, place.missing, now)
    created = old is None
    if created:
        await take_message(tx, house, ask, draft.media_type, draft.content)
    new = await keep(
        tx,
        ask.target,
        draft.media_type,
        draft.content,
        now,
        created=created,
        quota=house.quota,
    )
    if governed_by(ask.target) is not None:
        await record_change(tx, new, ask.who, created=created)
    headers = written_headers(ask.target, new.version, rdf.essence(draft.media_type), now)
    headers |= await note_addition(tx, house, ask, place.under, new, 201 if created else 204)
    dropped = (old.blob,) if old is not None and old.blob is not None else ()
    return Kept(_written(house, ask.target, headers, old is None), dropped)


def _written(house: House, iri: Iri, headers: dict[str, str], created: bool) -> Answer:
    more = {"Link": links(iri, house.base)}
    if created:
        return Answer(201, {"Location": iri, **headers, **more})
    return Answer(204, {**headers, **more})


async def _put_container(house: House, ask: Ask) -> Answer:
    body = await _container_statements(house, ask)
    kept = await house.db.write(storage_of(ask.target), _make_container, house, ask, body)
    return kept.answer


async def _container_statements(house: House, ask: Ask) -> bytes:
    """What a client says about a new container; facts that the server keeps are refused."""
    if ask.body is None or not ask.content_type:
        return b""
    draft = await take(house, ask, ask.target)
    if not isinstance(draft.content, bytes):
        await discard(house, draft.content)
        raise Unreadable("Statements about a container may have 64 KiB at most.")
    if not draft.content.strip():
        return b""
    if not rdf.is_rdf(draft.media_type):
        raise UnsupportedType("What is said about a container is RDF.")
    statements = rdf.parse(draft.content, draft.media_type, ask.target, house.contexts)
    said = [t for t in statements.triples if not _is_container_type(ask.target, t)]
    if any(is_listed_fact(ask.target, triple) for triple in said):
        raise Clash(
            "What a container holds, and its members' facts, come from the server.",
            problem="protected-statements",
            headers=CONSTRAINED,
        )
    return rdf.write(said, rdf.N_TRIPLES) if said else b""


def _is_container_type(iri: Iri, triple: object) -> bool:
    # solid-client says that its new container is one; the server says so anyway.
    return any(
        str(triple) == f"<{iri}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{LDP}{name}>"
        for name in ("BasicContainer", "Container", "Resource")
    )


async def _make_container(tx: Tx, house: House, ask: Ask, body: bytes) -> Kept:
    place = await _admit_put(tx, house, ask)
    now = house.now()
    await make_containers(tx, place.missing, now)
    new = await keep(tx, ask.target, rdf.TURTLE, body, now, created=True, quota=house.quota)
    headers = written_headers(ask.target, new.version, rdf.TURTLE, now)
    headers |= await note_addition(tx, house, ask, place.under, new, 201)
    return Kept(_written(house, ask.target, headers, True))


async def create(house: House, ask: Ask) -> Answer:
    """POST: a new member, under a name that the server picks (SP-58, SP-59a)."""
    refuse_announced(house, ask)
    for attempt in range(TRIES):
        target, _ = await house.db.read(_admit_post, house, ask, attempt)
        if is_container(target):
            answer = await house.db.write(storage_of(target), _post_container, house, ask, target)
        else:
            draft = await take(house, ask, target)
            answer = await _commit_post(house, ask, target, draft)
        if answer is not None:
            return answer
    raise Clash("No free name could be found; try again.", problem="name-taken")


async def _commit_post(house: House, ask: Ask, target: Iri, draft: Draft) -> Answer | None:
    try:
        answer = await house.db.write(storage_of(target), _post, house, ask, target, draft)
    except BaseException:
        await discard(house, draft.content)
        raise
    if answer is None:
        await discard(house, draft.content)
        raise Clash("The name was taken at that very moment; try again.", problem="name-taken")
    return answer


async def _admit_post(tx: Tx, house: House, ask: Ask, attempt: int) -> tuple[Iri, Permit | None]:
    now = house.now()
    found, decision = await look(tx, house, ask.who, ask.target, now)
    ((_, mode),) = needs.to_add_member(ask.target)
    if mode not in decision.modes:
        raise refusal(ask.who, decision, ask.target)
    if found.resource is None:
        if Mode.READ not in decision.modes:
            raise refusal(ask.who, decision, ask.target)
        raise missing_error(ask.target, decision, {"Link": links(ask.target, house.base)})
    if not found.resource.is_container:
        is_rdf = rdf.is_rdf(found.resource.media_type)
        headers = method_headers(ask.target, exists=True, rdf=is_rdf)
        raise WrongMethod("Only containers take POST.", headers=headers)
    check_write(ask.conditions, found.resource.version, found.resource.modified)
    await admit_message(tx, house, ask)
    if not ask.types & CONTAINERS:
        require_type(ask)
        await refuse_announced_growth(tx, house, ask, 0)
    return await _mint(tx, ask, attempt), granted([(decision, mode)])


async def _mint(tx: Tx, ask: Ask, attempt: int) -> Iri:
    container = bool(ask.types & CONTAINERS)
    end = "/" if container else ""
    hint = name_from_slug(ask.slug, container) if ask.slug else fresh_name()
    names = [hint] if attempt == 0 else []
    names += [f"{fresh_name()}-{hint}"] if ask.slug else [fresh_name()]
    for name in names:
        plain = Iri(ask.target + name)
        if not await _taken(tx, plain):
            return Iri(plain + end)
    return Iri(f"{ask.target}{fresh_name()}{end}")


async def _taken(tx: Tx, plain: Iri) -> bool:
    # SP-17, SP-59a: neither a twin nor a name that was used before is minted again.
    both = (plain, Iri(plain + "/"))
    return any([await exists(tx, name) or await was_used(tx, name) for name in both])


async def _post(tx: Tx, house: House, ask: Ask, target: Iri, draft: Draft) -> Answer | None:
    _, under = await _admit_post(tx, house, ask, TRIES)
    if await _taken(tx, target):
        return None
    now = house.now()
    await take_message(tx, house, ask, draft.media_type, draft.content)
    new = await keep(
        tx, target, draft.media_type, draft.content, now, created=True, quota=house.quota
    )
    headers = written_headers(target, new.version, rdf.essence(draft.media_type), now)
    headers |= await note_addition(tx, house, ask, under, new, 201)
    return _written(house, target, headers, True)


async def _post_container(tx: Tx, house: House, ask: Ask, target: Iri) -> Answer | None:
    _, under = await _admit_post(tx, house, ask, TRIES)
    if await _taken(tx, Iri(target[:-1])):
        return None
    now = house.now()
    new = await keep(tx, target, rdf.TURTLE, b"", now, created=True)
    headers = written_headers(target, new.version, rdf.TURTLE, now)
    headers |= await note_addition(tx, house, ask, under, new, 201)
    return _written(house, target, headers, True)


async def delete(house: House, ask: Ask) -> Answer:
    """DELETE: one resource and its auxiliaries; a container only when it is empty."""
    kept = await house.db.write(storage_of(ask.target), _delete, house, ask)
    await house.files.drop(kept.dropped)
    return kept.answer


async def _delete(tx: Tx, house: House, ask: Ask) -> Kept:
    now = house.now()
    found, decision = await look(tx, house, ask.who, ask.target, now)
    needed = needs.to_delete(ask.target)
    if needed[0][1] not in decision.modes:
        raise refusal(ask.who, decision, ask.target)
    _refuse_undeletable(ask.target, found.resource is not None)
    await require(tx, house, ask.who, needed[1:], now)
    if found.resource is None:
        raise await _nothing_to_delete(tx, house, ask, now)
    if is_container(ask.target) and await has_members(tx, ask.target):
        raise Clash(
            "This container is not empty; delete its members first.",
            problem="container-not-empty",
            headers=CONSTRAINED,
        )
    check_write(ask.conditions, found.resource.version, found.resource.modified)
    await guard_deletion(tx, ask.target)
    dropped = await take_away(tx, ask.target, now)
    acl = acl_of(subject_of(ask.target))
    if found.acl is not None and found.acl.iri == acl:
        await record_removal(tx, acl, ask.who, now)
    headers = method_headers(ask.target, exists=False, rdf=True)
    headers["Link"] = links(ask.target, house.base)
    return Kept(Answer(204, headers), tuple(dropped))


def _refuse_undeletable(target: Iri, there: bool) -> None:
    # SP-70: the root of a pod and its ACL stay, for everyone.
    root = storage_of(target)
    if target in (root, acl_of(root)):
        raise WrongMethod(
            "The root of a pod and its ACL cannot be deleted.",
            headers=method_headers(target, exists=there, rdf=True),
        )


async def _nothing_to_delete(tx: Tx, house: House, ask: Ask, now: Instant) -> Exception:
    """wac.md §4: only who may read the container learns that the name is free."""
    place = await survey(tx, ask.target)
    above = place.deepest or storage_of(ask.target)
    _, decision = await look(tx, house, ask.who, above, now)
    if Mode.READ in decision.modes or governed_by(ask.target) is not None:
        return Missing("There is nothing at this address.")
    return refusal(ask.who, decision, ask.target)
