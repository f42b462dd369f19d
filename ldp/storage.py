# SPDX-License-Identifier: EUPL-1.2
"""The storage description: what a client learns about a pod before it signs in (SP-22 to SP-25)."""

import pyoxigraph as ox

from ldp.ask import Answer, Ask, House
from ldp.headers import storage_description_link
from ldp.negotiate import choose
from pod import rdf
from pod.database import Tx
from pod.errors import Missing, NotAcceptable, WrongMethod
from pod.instant import SECOND, http_date
from pod.iri import Iri, storage_of
from pod.vocab import PIM, RDF, SOLID

NAME = ".well-known/solid"
JSON = "application/json"
ALLOW = "GET, HEAD, OPTIONS"


def is_storage_description(iri: Iri) -> bool:
    """Whether this is the description of a pod, which is nobody's data."""
    return iri == storage_of(iri) + NAME


async def describe_storage(house: House, ask: Ask) -> Answer:
    """SP-23: the storage says what it is; readable by everyone, written by no one."""
    root = storage_of(ask.target)
    if ask.method == "OPTIONS":
        return Answer(204, {"Allow": ALLOW, "Link": storage_description_link(ask.target)})
    if ask.method not in ("GET", "HEAD"):
        raise WrongMethod("The storage description is the server's.", headers={"Allow": ALLOW})
    created = await house.db.read(_created, root)
    if created is None:
        raise Missing("There is nothing at this address.")
    media_type = choose(ask.accept, rdf.OFFERED)
    if media_type is None:
        raise NotAcceptable(f"This can be had as {', '.join(rdf.OFFERED)}.")
    body = rdf.write(_statements(house, root), media_type)
    return Answer(200, _headers(root, media_type, created), body, len(body))


async def describe_origin(house: House, method: str, accept: str | None) -> Answer:
    """SP-25: some clients look at the origin, not at the pod; it names the issuer alone."""
    if method == "OPTIONS":
        return Answer(204, {"Allow": ALLOW})
    if method not in ("GET", "HEAD"):
        raise WrongMethod("This description is the server's.", headers={"Allow": ALLOW})
    offered = [*rdf.OFFERED, JSON]
    media_type = choose(accept, offered)
    if media_type is None:
        raise NotAcceptable(f"This can be had as {', '.join(offered)}.")
    issuer = ox.NamedNode(house.base)
    said = [ox.Triple(issuer, ox.NamedNode(SOLID + "oidcIssuer"), issuer)]
    body = rdf.write(said, rdf.JSON_LD if media_type == JSON else media_type)
    headers = {
        "Content-Type": media_type,
        "Allow": ALLOW,
        "Cache-Control": "public, max-age=0, must-revalidate",
        "Vary": "Accept, Origin",
        "X-Content-Type-Options": "nosniff",
    }
    return Answer(200, headers, body, len(body))


async def _created(tx: Tx, root: Iri) -> int | None:
    row = await tx.one("SELECT created FROM pod WHERE iri = :root", root=root)
    return None if row is None else int(row["created"])


def _statements(house: House, root: Iri) -> list[ox.Triple]:
    storage = ox.NamedNode(root)
    return [
        ox.Triple(storage, ox.NamedNode(RDF + "type"), ox.NamedNode(PIM + "Storage")),
        ox.Triple(storage, ox.NamedNode(SOLID + "oidcIssuer"), ox.NamedNode(house.base)),
    ]


def _headers(root: Iri, media_type: str, created: int) -> dict[str, str]:
    return {
        "Content-Type": media_type,
        "Allow": ALLOW,
        "ETag": f'"1.{media_type[-2:]}"',
        "Last-Modified": http_date(created // SECOND),
        "Cache-Control": "public, max-age=0, must-revalidate",
        "Vary": "Accept, Origin",
        "X-Content-Type-Options": "nosniff",
        "Link": f'<{root}{NAME}>; rel="{SOLID}storageDescription"',
    }
