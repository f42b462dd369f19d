# SPDX-License-Identifier: EUPL-1.2
"""An agency as the registry knows it, and how a caller is known to be one (KC-2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin

import orjson

from consent.faults import Faults
from consent.reading import Members
from identity.who import Who
from pod.database import Row, Tx
from pod.errors import Clash, Unreadable
from pod.instant import Instant
from pod.iri import Iri

ACTIVE = "active"
SUSPENDED = "suspended"
STATES = (ACTIVE, SUSPENDED)
CODES = ("kbo", "ovo")
KINDS = ("public", "private")


@dataclass(frozen=True, slots=True)
class Agency:
    """Who asks: the controller, not its app and not the person at the keys."""

    id: str
    slug: str
    name: dict[str, str]
    codes: tuple[tuple[str, str], ...]
    contact: str | None
    dpo: str | None
    kind: str
    webids: tuple[str, ...]
    clients: tuple[str, ...]
    callbacks: tuple[str, ...]
    state: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A caller whose WebID is an agency's; `client` is whether its app is the agency's too."""

    agency: str
    state: str
    client: bool

    @property
    def acts(self) -> bool:
        """WebID and client both, and an agency that may act."""
        return self.client and self.state == ACTIVE


def read_agency(source: dict[str, object], base: Iri) -> Agency:
    """An agency as JSON has it (KC-7, KC-8); relative names are resolved against the base.

    422 with each fault: the parts are read on when one of them does not fit.
    """
    members, faults = Members(source), Faults()
    read, maybe = faults.read, faults.maybe
    id_ = read(lambda: resolved(members, "id", base), "")
    codes = {word: _text(members, faults, word) for word in CODES}
    webids = maybe(lambda: members.words("webids")) or ()
    agency = Agency(
        id_,
        slug_of(id_, base),
        read(lambda: _need_name(members), {}),
        tuple((word, code) for word, code in codes.items() if code),
        _text(members, faults, "contact"),
        _text(members, faults, "dpo"),
        maybe(lambda: members.choice("kind", KINDS)) or "public",
        maybe(lambda: tuple(absolute(members, "webids", webid, base) for webid in webids)) or (),
        maybe(lambda: members.words("clients")) or (),
        maybe(lambda: members.words("callbacks")) or (),
        maybe(lambda: members.choice("state", STATES)) or ACTIVE,
        _text(members, faults, "address"),
    )
    maybe(members.done)
    faults.end("The agency")
    return agency


def resolved(members: Members, name: str, base: Iri) -> str:
    """A name that must be there, relative to the base."""
    return absolute(members, name, members.need_text(name), base)


def absolute(members: Members, name: str, text: str, base: Iri) -> str:
    """The text as a full name; what can be none is refused."""
    try:
        return urljoin(base, text)
    except ValueError:
        members.wrong(name, "not the name of anything")


def _text(members: Members, faults: Faults, name: str) -> str | None:
    return faults.maybe(lambda: members.text(name))


def _need_name(members: Members) -> dict[str, str]:
    name = members.languages("name")
    if name is None:
        members.wrong("name", "missing")
    return name


def slug_of(id_: str, base: Iri) -> str:
    """The last part of the address: what the registry's own path shows."""
    path = id_.removeprefix(f"{base}.consent/agencies/")
    return path.rstrip("/#").rsplit("/", 1)[-1].rsplit("#", 1)[-1]


def agency_json(agency: Agency) -> dict[str, object]:
    """The GET shape."""
    return {
        "id": agency.id,
        "name": agency.name,
        **dict(agency.codes),
        "contact": agency.contact,
        "dpo": agency.dpo,
        **({} if agency.address is None else {"address": agency.address}),
        "kind": agency.kind,
        "webids": list(agency.webids),
        "clients": list(agency.clients),
        "callbacks": list(agency.callbacks),
        "state": agency.state,
    }


def _agency(row: Row, base: Iri) -> Agency:
    return read_agency({**orjson.loads(row["body"]), "state": row["state"]}, base)


async def add_agency(tx: Tx, agency: Agency, moment: Instant) -> bool:
    """Keep an agency that is not there yet; whether it was new."""
    for webid in agency.webids:
        # A WebID of two agencies would let one read as the other.
        row = await tx.one(
            "SELECT 1 AS taken FROM agency_party"
            " WHERE kind = 'webid' AND value = :webid AND agency <> :id",
            webid=webid,
            id=agency.id,
        )
        if row is not None:
            raise Clash("A WebID of this agency belongs to another agency.", problem="exists")
    added = await tx.run(
        "INSERT INTO agency (id, slug, state, created, body)"
        " VALUES (:id, :slug, :state, :moment, :body) ON CONFLICT DO NOTHING",
        id=agency.id,
        slug=agency.slug,
        state=agency.state,
        moment=moment,
        body=orjson.dumps(agency_json(agency)).decode(),
    )
    if not added:
        return False
    parties = [("webid", webid) for webid in agency.webids]
    parties += [("client", client) for client in agency.clients]
    for kind, value in parties:
        await tx.run(
            "INSERT INTO agency_party (agency, kind, value) VALUES (:agency, :kind, :value)"
            " ON CONFLICT DO NOTHING",
            agency=agency.id,
            kind=kind,
            value=value,
        )
    return True


async def find_agency(tx: Tx, id_: str, base: Iri) -> Agency | None:
    """The agency by its full name."""
    row = await tx.one("SELECT state, body FROM agency WHERE id = :id", id=id_)
    return None if row is None else _agency(row, base)


async def agency_at(tx: Tx, slug: str, base: Iri) -> Agency | None:
    """The agency at an address of the registry."""
    row = await tx.one("SELECT state, body FROM agency WHERE slug = :slug", slug=slug)
    return None if row is None else _agency(row, base)


async def change_agency(tx: Tx, agency: Agency, state: str) -> Agency:
    """Another state, and nothing else."""
    kept = await tx.run(
        "UPDATE agency SET state = :state WHERE id = :id AND state = :was",
        state=state,
        id=agency.id,
        was=agency.state,
    )
    if not kept:
        raise Clash("The agency changed just now; look again.", problem="wrong-state")
    return replace(agency, state=state)


async def agencies(tx: Tx, base: Iri, limit: int, after: str | None) -> Sequence[Agency]:
    """The registry, newest first."""
    if after is not None and await agency_at(tx, after, base) is None:
        raise Unreadable("There is no such place in the list.", problem="bad-cursor")
    rows = await tx.all(
        "SELECT state, body FROM agency WHERE :after = '' OR (created, slug) <"
        " (SELECT created, slug FROM agency WHERE slug = :after)"
        " ORDER BY created DESC, slug DESC LIMIT :limit",
        after=after or "",
        limit=limit,
    )
    return [_agency(row, base) for row in rows]


async def party_of(tx: Tx, who: Who) -> Party | None:
    """Whose WebID this is, and whether the client is that agency's too: one indexed query."""
    if who.webid is None:
        return None
    row = await tx.one(
        "SELECT w.agency, a.state, c.value AS client FROM agency_party w"
        " JOIN agency a ON a.id = w.agency"
        " LEFT JOIN agency_party c"
        " ON c.kind = 'client' AND c.value = :client AND c.agency = w.agency"
        " WHERE w.kind = 'webid' AND w.value = :webid",
        webid=who.webid,
        client=who.client or "",
    )
    if row is None:
        return None
    return Party(row["agency"], row["state"], row["client"] is not None)


async def is_client_of(tx: Tx, agency: str, client: str) -> bool:
    """Whether the registry still lists this client for the agency."""
    row = await tx.one(
        "SELECT 1 AS listed FROM agency_party"
        " WHERE kind = 'client' AND value = :client AND agency = :agency",
        client=client,
        agency=agency,
    )
    return row is not None
