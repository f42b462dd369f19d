# SPDX-License-Identifier: EUPL-1.2
"""Another name for a document, in one commit: its rules and its description go with it.

The pages offer this; Solid has no method for it. What it needs is what making the one and
deleting the other would need.
"""

import pyoxigraph as ox

from acl.history import record_change, record_removal
from identity.who import Who
from ldp import needs
from ldp.admission import refuse_clash, require, survey
from ldp.ask import House
from ldp.keeping import keep, take_away
from ldp.profile import guard_deletion
from pod import rdf
from pod.contents import fetch
from pod.database import Tx
from pod.errors import Clash, Missing, WrongMethod
from pod.files import Blob
from pod.iri import META, Iri, acl_of, is_auxiliary, is_container, storage_of
from pod.resource import Resource


async def rename(house: House, who: Who, source: Iri, target: Iri) -> None:
    """Move a document to a free name in the same pod; Clash when the name is taken."""
    ends = (source, target)
    if any(is_container(iri) or is_auxiliary(iri) for iri in ends):
        raise WrongMethod("Only documents get another name; folders keep theirs.")
    if storage_of(source) != storage_of(target):
        raise Clash("A document stays in its own pod.", problem="other-pod")
    await house.db.write(storage_of(source), _rename, house, who, source, target)


async def _rename(tx: Tx, house: House, who: Who, source: Iri, target: Iri) -> None:
    now = house.now()
    await require(tx, house, who, needs.to_delete(source), now)
    place = await survey(tx, target)
    deepest = place.deepest or storage_of(target)
    await require(tx, house, who, needs.to_create(target, place.missing, deepest), now)
    refuse_clash(target, place)
    old = await fetch(tx, source)
    if old is None:
        raise Missing("There is nothing at this address.")
    if place.exists or place.missing:
        raise Clash("That name is taken; choose another one.", problem="name-taken")
    for end in (source, target):
        await guard_deletion(tx, end)
    rules, said = await fetch(tx, acl_of(source)), await fetch(tx, Iri(source + META))
    # The old goes first, so a full pod has room for it. Its large body is the other's now, and
    # no file is dropped.
    await take_away(tx, source, now)
    if rules is not None:
        await record_removal(tx, acl_of(source), who, now)
        body = _readdressed(rules, source, target)
        new = await keep(tx, acl_of(target), rdf.TURTLE, body, now, created=True)
        await record_change(tx, new, who, created=True)
    await keep(tx, target, old.media_type, _content(old), now, created=True, quota=house.quota)
    if said is not None:
        body = _readdressed(said, source, target)
        await keep(tx, Iri(target + META), rdf.TURTLE, body, now, created=True)


def _content(old: Resource) -> bytes | Blob:
    if old.blob is not None:
        return Blob(old.blob, old.size, old.digest)
    return old.body or b""


def _readdressed(document: Resource, source: Iri, target: Iri) -> bytes:
    """What is said of the old name, said of the new one."""
    statements = rdf.parse(document.body or b"", document.media_type, document.iri)

    def renamed(term: object) -> object:
        if not isinstance(term, ox.NamedNode):
            return term
        for ending in ("", ".acl", ".meta"):
            plain, _, fragment = term.value.partition("#")
            if plain == source + ending:
                return ox.NamedNode(target + ending + (f"#{fragment}" if fragment else ""))
        return term

    triples = [
        ox.Triple(renamed(t.subject), t.predicate, renamed(t.object))  # type: ignore[arg-type]  # the same kind of term as before
        for t in statements.triples
    ]
    return rdf.write(triples, rdf.TURTLE, statements.prefixes)
