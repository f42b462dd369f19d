# SPDX-License-Identifier: EUPL-1.2
"""Looking for a word in one's own pods: in names, and in documents that are not large."""

from dataclasses import dataclass

from consent.house import House
from dashboard import lookups
from dashboard.data import address_of, name_of
from dashboard.pages import label_path
from dashboard.visit import Page, Visit
from pod import rdf
from pod.database import Tx
from pod.iri import Iri, is_container, storage_of

PIECE = 200
MOST_LOOKED_AT = 5_000
MOST_FOUND = 50
LONGEST = 100
AROUND = 60


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing in which the word stands, and the text around it."""

    address: str
    name: str
    place: str
    text: str


async def search_page(house: House, visit: Visit) -> Page:
    """`/-/search?q=…`: only in pods of this account, so nothing of others can be found."""
    asked = visit.query.one("q").strip()[:LONGEST]
    hits: list[Hit] = []
    complete = True
    for pod in await lookups.pods(house, visit) if asked else ():
        found, whole = await _search(house, pod, asked.casefold())
        hits, complete = hits + found, complete and whole
    data = {
        "here": "data",
        "asked": asked,
        "hits": hits[:MOST_FOUND],
        "more": len(hits) > MOST_FOUND or not complete,
    }
    return Page("search.html", data)


async def _search(house: House, pod: Iri, word: str) -> tuple[list[Hit], bool]:
    """Piece by piece, each a short read, so that a large pod holds up nobody."""
    hits: list[Hit] = []
    after, looked = "", 0
    while looked < MOST_LOOKED_AT and len(hits) <= MOST_FOUND:
        piece = await house.db.read(_piece, pod, after)
        hits += [hit for row in piece if (hit := _hit(house, *row, word)) is not None]
        if len(piece) < PIECE:
            return hits, True
        after, looked = piece[-1][0], looked + len(piece)
    return hits, False


async def _piece(tx: Tx, pod: Iri, after: str) -> list[tuple[Iri, str]]:
    rows = await tx.all(
        "SELECT iri, media_type, body FROM resource WHERE pod = :pod AND iri > :after"
        " AND parent IS NOT NULL ORDER BY iri LIMIT :piece",
        pod=pod,
        after=after,
        piece=PIECE,
    )
    return [(Iri(row["iri"]), _text(row["iri"], row["media_type"], row["body"])) for row in rows]


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
