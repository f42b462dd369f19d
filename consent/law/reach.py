# SPDX-License-Identifier: EUPL-1.2
"""Whom and what a statutory access is about: persons of a class, resources of a class."""

from functools import lru_cache

from consent.asking.holdings import pods_of
from consent.asking.kinds import types_of
from consent.law.statutory import Statutory
from consent.terms import Datum
from pod import contents, rdf
from pod.database import Tx
from pod.errors import PodError
from pod.iri import Iri, is_auxiliary
from pod.resource import Resource

# Larger ones lie in files of their own, which a decision does not open: a class never covers them.
MOST_BYTES = 64 * 1024
_DPV = "https://w3id.org/dpv#"
EVERYONE = frozenset(
    {f"{_DPV}DataSubject", f"{_DPV}NaturalPerson", f"{_DPV}Citizen", f"{_DPV}Human"}
)


async def concerns(tx: Tx, access: Statutory, webid: str) -> bool:
    """Whether it is about this person.

    A class of persons is everyone, or those whose own profile says that they are of it; the class
    of the data is everyone who has such data.
    """
    if access.subject is not None:
        return access.subject == webid
    if access.cls in EVERYONE or access.cls in {datum.cls for datum in access.data}:
        return True
    profile = await contents.fetch(tx, Iri(webid.partition("#")[0]))
    return access.cls in _types(profile)


async def concerns_pod(tx: Tx, access: Statutory, pod: Iri) -> bool:
    """Whether it is about an owner of this pod."""
    rows = await tx.all("SELECT webid FROM owner WHERE pod = :pod", pod=pod)
    for row in rows:
        if await concerns(tx, access, row["webid"]):
            return True
    return False


async def pods_to_tell(tx: Tx, access: Statutory, most: int) -> list[Iri]:
    """Pods that may be concerned and were not looked at yet: a person's, or so many of all."""
    if access.subject is not None:
        return await pods_of(tx, access.subject)
    return await _untold(tx, access, most)


async def _untold(tx: Tx, access: Statutory, most: int) -> list[Iri]:
    rows = await tx.all(
        "SELECT p.iri FROM pod p WHERE NOT EXISTS (SELECT 1 FROM statutory_told t"
        " WHERE t.statutory = :id AND t.pod = p.iri) ORDER BY p.iri LIMIT :most",
        id=access.id,
        most=most,
    )
    return [Iri(row["iri"]) for row in rows]


def covering(access: Statutory, iri: Iri, resource: Resource | None) -> list[Datum]:
    """The data of the access that are about this name; never ACLs and descriptions (2.3)."""
    found = [datum for datum in access.data if datum.covers(iri)]
    kinds = {datum.cls for datum in access.data if datum.target is None}
    if kinds and not is_auxiliary(iri):
        types = _types(resource)
        found += [d for d in access.data if d.target is None and d.cls in types]
    return found


def _types(resource: Resource | None) -> frozenset[str]:
    """What a small RDF document says it is; nothing for anything else."""
    if resource is None or resource.is_container or not rdf.is_rdf(resource.media_type):
        return frozenset()
    if resource.body is None or len(resource.body) > MOST_BYTES:
        return frozenset()
    return _said_types(resource.iri, resource.media_type, resource.body)


# By the content alone: one read asks twice, and each profile is asked for every access by law.
@lru_cache(maxsize=64)
def _said_types(iri: Iri, media_type: str, body: bytes) -> frozenset[str]:
    try:
        statements = rdf.parse(body, media_type, iri)
    except PodError:  # kept as it was sent, and not to be read as RDF: it says nothing
        return frozenset()
    return types_of(statements, iri)
