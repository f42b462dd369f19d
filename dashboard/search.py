# SPDX-License-Identifier: EUPL-1.2
"""Looking for a word in one's own pods: in names, and in documents that are not large."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from acl.decide import PermitSource
from consent.house import House
from dashboard import lookups
from dashboard.data import Look, address_of, may_read, name_of
from dashboard.pages import label_path
from dashboard.visit import Page, Visit
from identity.who import Who
from pod import rdf
from pod.contents import find
from pod.database import Tx
from pod.instant import Instant
from pod.iri import Iri, is_container, storage_of

PIECE = 100
MOST_LOOKED_AT = 5_000
MOST_FOUND = 50
LONGEST = 100
AROUND = 60
LARGEST_READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing in which the word stands, and the text around it."""

    address: str
    name: str
    place: str
    text: str


Row = tuple[Iri, str, bytes | None]


async def search_page(sources: Sequence[PermitSource], house: House, visit: Visit) -> Page:
    """`/-/search?q=…`: only in pods of this account, so nothing of others can be found."""
    asked = visit.query.one("q").strip()[:LONGEST]
    hits: list[Hit] = []
    complete = True
    for pod in await lookups.pods(house, visit) if asked else ():
        found, whole = await _search(sources, house, visit, pod, asked.casefold())
        hits, complete = hits + found, complete and whole
    data = {
        "here": "data",
        "asked": asked,
        "hits": hits[:MOST_FOUND],
        "more": len(hits) > MOST_FOUND or not complete,
    }
    return Page("search.html", data)


async def _search(
    sources: Sequence[PermitSource], house: House, visit: Visit, pod: Iri, word: str
) -> tuple[list[Hit], bool]:
    """Piece by piece, each a short read, so that a large pod holds up nobody.

    Owning a pod is not reading all of it (ui.md rule 9): what its page would not show is no hit.
    """
    hits: list[Hit] = []
    after, looked = "", 0
    while looked < MOST_LOOKED_AT and len(hits) <= MOST_FOUND:
        piece = await house.db.read(_piece, pod, after)
        found = await asyncio.to_thread(_hits, house, piece, word)
        shown = await house.db.read(_readable, list(found), visit.whos(), sources, house.now())
        hits += [found[iri] for iri in shown]
        if len(piece) < PIECE:
            return hits, True
        after, looked = piece[-1][0], looked + len(piece)
    return hits, False


async def _piece(tx: Tx, pod: Iri, after: str) -> list[Row]:
    rows = await tx.all(
        "SELECT iri, media_type, CASE WHEN size <= :largest THEN body END AS body FROM resource"
        " WHERE pod = :pod AND iri > :after AND parent IS NOT NULL ORDER BY iri LIMIT :piece",
        pod=pod,
        after=after,
        largest=LARGEST_READ,
        piece=PIECE,
    )
    return [(Iri(row["iri"]), row["media_type"], row["body"]) for row in rows]


async def _readable(
    tx: Tx,
    found: Sequence[Iri],
    whos: tuple[Who, ...],
    sources: Sequence[PermitSource],
    now: Instant,
) -> list[Iri]:
    return [
        iri
        for iri in found
        if await may_read(tx, Look(whos, iri), await find(tx, iri), sources, now)
    ]


def _hits(house: House, piece: Sequence[Row], word: str) -> dict[Iri, Hit]:
    made = ((iri, _hit(house, iri, _text(iri, kind, body), word)) for iri, kind, body in piece)
    return {iri: hit for iri, hit in made if hit is not None}


def _text(iri: str, media_type: str, body: bytes | None) -> str:
    readable = rdf.is_rdf(media_type) or media_type.startswith("text/")
    if body is None or is_container(iri) or not readable:
        return ""
    return body.decode("utf-8", "replace")


def _hit(house: House, iri: Iri, text: str, word: str) -> Hit | None:
    name = name_of(iri)
    at = text.casefold().find(word)
    if at < 0 and word not in name.casefold():
        return None
    around = text[max(0, at - AROUND) : at + AROUND].strip() if at >= 0 else ""
    place = label_path(iri.removeprefix(storage_of(iri)))
    return Hit(address_of(house, iri), name, place, " ".join(around.split()))
