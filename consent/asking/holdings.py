# SPDX-License-Identifier: EUPL-1.2
"""What lies in the citizen's pod of what a request asks for: looked up in one snapshot."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from consent.asking.kinds import counted, types_of
from consent.asking.request import Request
from consent.asking.screening import classes_of
from consent.registry.purpose import Purpose
from consent.terms import Datum
from pod import contents, rdf
from pod.database import Tx
from pod.errors import PodError
from pod.files import Files
from pod.iri import Iri, is_auxiliary, is_container, storage_of
from pod.membership import count_of
from pod.rdf import Statements
from pod.resource import Resource

MOST_SEARCHED = 1_000
MOST_BYTES = 16 * 1024 * 1024
_ASIDE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Holdings:
    """One look into a pod. While the pod's number is the same, nothing in it has changed."""

    pod: Iri | None
    seq: int
    found: Mapping[Iri, Resource | None]
    members: Mapping[Iri, int]
    searched: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """One thing that the citizen can say yes to: a datum with its target, and what is in it."""

    datum: Datum
    item: int
    kind: str
    values: Mapping[str, int] | None
    total: int


NOTHING_HELD = Holdings(None, 0, {}, {}, ())


async def pods_of(tx: Tx, webid: str) -> list[Iri]:
    """The pods that a person owns, oldest first."""
    rows = await tx.all(
        "SELECT o.pod FROM owner o JOIN pod p ON p.iri = o.pod WHERE o.webid = :webid"
        " ORDER BY p.created, o.pod",
        webid=webid,
    )
    return [Iri(row["pod"]) for row in rows]


async def look(tx: Tx, request: Request) -> Holdings:
    """What is there of what was asked. What is not the subject's own is left out (KC-10)."""
    mine = await pods_of(tx, request.subject)
    asked = request.terms.pods() or tuple(mine[:1])
    pod = next((pod for pod in asked if pod in mine), None)
    if pod is None:
        return NOTHING_HELD
    targets = [d.target for d in request.terms.data if d.target and storage_of(d.target) == pod]
    found = {iri: await contents.fetch(tx, iri) for iri in targets if not is_auxiliary(iri)}
    members = {
        iri: await count_of(tx, iri)
        for iri, resource in found.items()
        if resource is not None and is_container(iri)
    }
    searched: tuple[Resource, ...] = ()
    if any(datum.target is None for datum in request.terms.data):
        searched = await _documents(tx, pod)
    return Holdings(pod, await pod_number(tx, pod), found, members, searched)


async def unchanged(tx: Tx, request: Request, holdings: Holdings) -> bool:
    """Whether all that was looked at is still so; the rest of the pod may have changed since."""
    if holdings.pod is None or await pod_number(tx, holdings.pod) == holdings.seq:
        return True
    if any(datum.target is None for datum in request.terms.data):
        return False  # a search might find something new: too slow to repeat in a commit
    return replace(await look(tx, request), seq=holdings.seq) == holdings


async def pod_number(tx: Tx, pod: Iri) -> int:
    """The number of the pod's last change."""
    row = await tx.one("SELECT seq FROM pod WHERE iri = :pod", pod=pod)
    return -1 if row is None else int(row["seq"])


async def _documents(tx: Tx, pod: Iri) -> tuple[Resource, ...]:
    """The RDF documents of the pod, as many as one search may look at."""
    rows = await tx.all(
        "SELECT iri, size FROM resource WHERE pod = :pod AND body IS NOT NULL AND parent IS NOT"
        " NULL AND (media_type LIKE 'text/turtle%' OR media_type LIKE 'application/ld+json%'"
        " OR media_type LIKE 'application/n-triples%' OR media_type LIKE 'application/n-quads%'"
        " OR media_type LIKE 'application/trig%') ORDER BY iri LIMIT :most",
        pod=pod,
        most=MOST_SEARCHED,
    )
    documents, size = [], 0
    for row in rows:
        size += int(row["size"])
        if size > MOST_BYTES:
            break
        if is_container(row["iri"]) or is_auxiliary(row["iri"]):
            continue
        resource = await contents.fetch(tx, Iri(row["iri"]))
        if resource is not None:
            documents.append(resource)
    return tuple(documents)


async def body_of(resource: Resource, files: Files) -> bytes:
    """The bytes as they were sent, from row or file."""
    if resource.blob is not None:
        return await files.read(resource.blob)
    return resource.body or b""


async def read_statements(
    resource: Resource, files: Files, contexts: Mapping[str, object]
) -> Statements | None:
    """What an RDF document says; None for anything else."""
    if not rdf.is_rdf(resource.media_type) or resource.is_container:
        return None
    body = await body_of(resource, files)
    work = (body, resource.essence, resource.iri, contexts)
    try:
        if len(body) > _ASIDE:
            return await asyncio.to_thread(rdf.parse, *work)
        return rdf.parse(*work)
    except PodError:
        return None


async def offered(
    request: Request,
    purpose: Purpose,
    holdings: Holdings,
    files: Files,
    contexts: Mapping[str, object],
) -> tuple[Offered, ...]:
    """Every thing the citizen can say yes to, in the order of the request."""
    special = frozenset(c.cls for c in purpose.classes if c.special)
    searched = [
        (resource, await read_statements(resource, files, contexts))
        for resource in holdings.searched
    ]
    offers: list[Offered] = []
    for item, datum in enumerate(request.terms.data):
        if datum.target is not None:
            if datum.target not in holdings.found:
                continue
            resource = holdings.found[datum.target]
            statements = (
                None if resource is None else await read_statements(resource, files, contexts)
            )
            members = holdings.members.get(datum.target, 0)
            offers.append(_offer(datum, item, resource, statements, special, members))
        else:
            offers += [
                _offer(replace(datum, target=found.iri), item, found, statements, special, 0)
                for found, statements in searched
                if statements is not None and datum.cls in types_of(statements, found.iri)
            ]
    return tuple(replace(offer, datum=_named(offer.datum, purpose)) for offer in offers)


def _named(datum: Datum, purpose: Purpose) -> Datum:
    """KC-14: what is sensitive by its properties alone is confirmed by the class that allows it."""
    if not datum.special or datum.cls is not None:
        return datum
    allowing = classes_of(datum, purpose)
    return replace(datum, cls=allowing[0].cls) if allowing else datum


def _offer(
    datum: Datum,
    item: int,
    resource: Resource | None,
    statements: Statements | None,
    special: frozenset[str],
    members: int,
) -> Offered:
    if resource is None:
        return Offered(datum, item, "absent", None, 0)
    if resource.is_container:
        return Offered(datum, item, "container", None, members)
    if statements is None:
        return Offered(datum, item, "file", None, 1)
    # What it really is counts, not what the agency called it.
    marked = sorted(special & types_of(statements, resource.iri))
    if marked:
        datum = replace(datum, special=True, cls=datum.cls or marked[0])
    values = counted(statements, resource.iri, datum.properties)
    total = len(statements.triples) if values is None else sum(values.values())
    return Offered(datum, item, "document", values, total)
