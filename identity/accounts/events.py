# SPDX-License-Identifier: EUPL-1.2
"""What happened to an account: sign-ins, failed ones, changes (OP-26)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address, ip_network

import orjson

from identity.accounts import announcements
from pod.database import Row, Tx
from pod.instant import DAY, Instant

KEPT = 400 * DAY
KNOWN_FOR = 90 * DAY
SIGNED_IN, FAILED = "signed-in", "sign-in-failed"
_LOOK_BACK = 50


@dataclass(frozen=True, slots=True)
class Event:
    """One entry; `account` is None where no account is known, or it would tell which are."""

    account: str | None
    time: Instant
    kind: str
    detail: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))


async def note(tx: Tx, event: Event) -> None:
    """Keep the event, and what is mailed of it (WI-2); what is older than 400 days goes."""
    await tx.run(
        "DELETE FROM account_event WHERE time < :old"
        " AND (account = :account OR (account IS NULL AND CAST(:account AS TEXT) IS NULL))",
        account=event.account,
        old=event.time - KEPT,
    )
    await tx.run(
        "INSERT INTO account_event (id, account, time, kind, detail)"
        " VALUES (:id, :account, :time, :kind, :detail)",
        id=event.id,
        account=event.account,
        time=event.time,
        kind=event.kind,
        detail=orjson.dumps(dict(event.detail)).decode(),
    )
    if event.account is not None:
        await announcements.keep(tx, event.id, event.account, event.kind, event.time)


async def events_of(tx: Tx, account: str, limit: int = 100, before: str = "") -> list[Event]:
    """What happened, newest first; `before` is the id of the last one that was seen."""
    rows = await tx.all(
        "SELECT * FROM account_event WHERE account = :a AND (:before = '' OR (time, id) <"
        " (SELECT time, id FROM account_event WHERE account = :a AND id = :before))"
        " ORDER BY time DESC, id DESC LIMIT :limit",
        a=account,
        before=before,
        limit=limit,
    )
    return [_event(row) for row in rows]


def _event(row: Row) -> Event:
    return Event(row["account"], row["time"], row["kind"], orjson.loads(row["detail"]), row["id"])


def attempt(account: str | None, kind: str, address: str, now: Instant, **more: str) -> Event:
    """An event with where it came from: the network for people, the address only as a mark."""
    marks = {"network": network_of(address)}
    if account is not None and kind == SIGNED_IN:
        marks["mark"] = _mark(account, address)
    return Event(account, now, kind, marks | more)


def network_of(address: str) -> str:
    """ACC-9: the class of an address, which names no single machine."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{parsed}/{24 if parsed.version == 4 else 48}", strict=False))


def _mark(account: str, address: str) -> str:
    return sha256(f"{account} {address}".encode("utf-8", "replace")).hexdigest()[:32]


async def knows_address(tx: Tx, account: str | None, address: str, now: Instant) -> bool:
    """T-27: whether the account signed in from this address of late.

    Guesses from elsewhere do not lock her out there.
    """
    if account is None:
        return False
    rows = await tx.all(
        "SELECT detail FROM account_event WHERE account = :a AND kind = :kind AND time > :since"
        " ORDER BY time DESC LIMIT :most",
        a=account,
        kind=SIGNED_IN,
        since=now - KNOWN_FOR,
        most=_LOOK_BACK,
    )
    mark = _mark(account, address)
    return any(orjson.loads(row["detail"]).get("mark") == mark for row in rows)
