# SPDX-License-Identifier: EUPL-1.2
"""Names that a person gives to what she keeps, and which of her people acts there."""

from collections.abc import Sequence
from unicodedata import category
from urllib.parse import quote

from acl.decide import PermitSource, decide
from acl.modes import Mode
from consent.house import House
from dashboard.visit import Visit
from dashboard.words import mark
from identity.who import Who
from pod import rdf
from pod.contents import find
from pod.database import Tx
from pod.errors import Missing, Unreadable
from pod.instant import Instant
from pod.iri import Iri, canonical_path, is_auxiliary

LONGEST_NAME = 200
NO_NAME = mark("Geef een naam.")
BAD_NAME = mark("Deze naam kan niet. Gebruik geen schuine streep, en eindig niet op .acl of .meta.")
LONG_NAME = mark("Deze naam is te lang. Gebruik hoogstens 200 tekens.")
RDF_ENDINGS = {
    ".ttl": rdf.TURTLE,
    ".jsonld": rdf.JSON_LD,
    ".nt": rdf.N_TRIPLES,
    ".nq": rdf.N_QUADS,
    ".trig": rdf.TRIG,
}
# RFC 3986 §3.3: what a segment may hold as it is; programs write names so, and so do we.
PLAIN = "!$&'()*+,;=:@"
UNKNOWN_TYPE = "application/octet-stream"


def trouble_with(name: str) -> str:
    """Why a name cannot be given; "" when it can. Spaces around it do not count."""
    name = name.strip()
    if not name:
        return NO_NAME
    if len(name) > LONGEST_NAME:
        return LONG_NAME
    if "/" in name or "\\" in name or name in (".", "..") or is_auxiliary(name):
        return BAD_NAME
    return BAD_NAME if any(map(_is_odd, name)) else ""


def _is_odd(char: str) -> bool:
    """T-13: what no text has (controls, half characters), and what turns the reading order."""
    return (
        category(char) in ("Cc", "Cs")
        or "\u202a" <= char <= "\u202e"
        or ("\u2066" <= char <= "\u2069")
    )


def inside(house: House, folder: Iri, name: str, *, container: bool = False) -> Iri:
    """The address of a name in a folder; Unreadable when it has two meanings."""
    path = folder[len(house.base) - 1 :] + quote(name.strip(), safe=PLAIN)
    return Iri(house.base[:-1] + canonical_path(path) + ("/" if container else ""))


def type_of(name: str, said: str) -> str:
    """What a file is: browsers do not know RDF, so its ending decides there."""
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    return RDF_ENDINGS.get(ending) or said or UNKNOWN_TYPE


def target_of(house: House, path: str, page: str) -> Iri:
    """The thing that a page below *page* is about; Missing when the address is of none."""
    try:
        name = canonical_path(path.removeprefix(page))
    except Unreadable as error:
        raise Missing("There is no such page.") from error
    if name == "/":
        raise Missing("There is no such page.")
    return Iri(house.base[:-1] + name)


async def actor(
    house: House, visit: Visit, sources: Sequence[PermitSource], target: Iri, mode: Mode
) -> Who:
    """The one of her people who may do that here, else the first: the operation itself refuses."""
    whos = visit.whos()
    if not whos:
        raise Missing("There is nothing of yours by that name.")
    return await house.db.read(_actor, whos, sources, target, mode, house.now())


async def _actor(
    tx: Tx,
    whos: Sequence[Who],
    sources: Sequence[PermitSource],
    target: Iri,
    mode: Mode,
    now: Instant,
) -> Who:
    found = await find(tx, target)
    for who in whos:
        if mode in (await decide(tx, who, found, now, sources)).modes:
            return who
    return whos[0]
