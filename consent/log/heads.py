# SPDX-License-Identifier: EUPL-1.2
"""The signed head of a log, its export, and the heads that are kept each day (KC-23)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
import rfc8785

from acl.journal import GENESIS
from consent.caller import caller_of, owns
from consent.house import House
from consent.log.forms import Entry
from consent.log.reading import caught_up
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Missing
from pod.instant import DAY, Instant, text_of

PIECE = 500
MOST_PODS = 500
MOST_HEADS = 500


async def head(house: House, who: Who, pod: str) -> dict[str, object]:
    """The payload of the head: where the chain stands now; the owner's alone."""
    await caught_up(house)
    return await house.db.read(_head, who, pod, house)


async def _head(tx: Tx, who: Who, pod: str, house: House) -> dict[str, object]:
    await require_owner(tx, who, pod, house)
    return await _standing(tx, pod, house.now())


async def require_owner(tx: Tx, who: Who, pod: str, house: House) -> None:
    """Missing for all but the pod's owner, in the unit that answers."""
    caller = await caller_of(tx, who, house.base)
    if not await owns(tx, caller.webid, pod):
        raise Missing("There is no log of yours by that name.")
    caller.subject()


async def _standing(tx: Tx, pod: str, now: Instant) -> Entry:
    last = await tx.one(
        "SELECT seq, hash FROM journal WHERE pod = :pod ORDER BY seq DESC LIMIT 1", pod=pod
    )
    return {
        "pod": pod,
        "seq": 0 if last is None else last["seq"],
        "hash": GENESIS if last is None else last["hash"],
        "time": text_of(await clock.instant(tx, now)),
    }


def signed(house: House, payload: Mapping[str, object]) -> str:
    """The compact JWS of an answer of ours."""
    return house.signer.sign(rfc8785.dumps(dict(payload)))  # type: ignore[arg-type]  # its JSON type is recursive


async def export(house: House, who: Who, pod: str) -> AsyncIterator[bytes]:
    """One entry per line, oldest first, and the signed head of exactly these last."""
    payload = await head(house, who, pod)
    return _lines(house, who, pod, payload)


async def _lines(
    house: House, who: Who, pod: str, payload: Mapping[str, object]
) -> AsyncIterator[bytes]:
    last, end = 0, int(str(payload["seq"]))
    while last < end:
        rows = await house.db.read(_piece, who, pod, last, end, house)
        if not rows:
            break
        last = rows[-1][0]
        yield b"".join(entry.encode() + b"\n" for _, entry in rows)
    yield orjson.dumps({"payload": dict(payload), "jws": signed(house, payload)}) + b"\n"


async def _piece(
    tx: Tx, who: Who, pod: str, last: int, end: int, house: House
) -> list[tuple[int, str]]:
    # Decision 17: what goes on after a sign-in was ended is no part of it.
    await require_owner(tx, who, pod, house)
    rows = await tx.all(
        "SELECT seq, entry FROM journal WHERE pod = :pod AND seq > :last AND seq <= :end"
        " ORDER BY seq LIMIT :piece",
        pod=pod,
        last=last,
        end=end,
        piece=PIECE,
    )
    return [(row["seq"], row["entry"]) for row in rows]


@dataclass(frozen=True, slots=True)
class _Due:
    """A pod whose log has grown since a head of it was kept."""

    pod: str
    payload: Entry
    day: int


async def keep_heads(house: House) -> int:
    """Sign and keep where each chain stands, once a day; how many were kept.

    Whoever has such a head can prove later that nothing before it was rewritten.
    """
    due = await house.db.read(_due, house.now())
    signed_ = [(one, signed(house, one.payload)) for one in due]
    if signed_:
        await house.db.write(None, _keep, signed_, house.now())
    return len(signed_)


async def _due(tx: Tx, now: Instant) -> list[_Due]:
    day = await clock.instant(tx, now) // DAY
    rows = await tx.all(
        "SELECT iri FROM (SELECT p.iri AS iri,"
        " COALESCE((SELECT MAX(j.seq) FROM journal j WHERE j.pod = p.iri), 0) AS last,"
        " COALESCE((SELECT MAX(h.seq) FROM journal_head h WHERE h.pod = p.iri), 0) AS kept,"
        " COALESCE((SELECT MAX(d.day) FROM journal_head d WHERE d.pod = p.iri), -1) AS day"
        " FROM pod p) AS grown WHERE last > kept AND day < :day LIMIT :most",
        day=day,
        most=MOST_PODS,
    )
    return [_Due(row["iri"], await _standing(tx, row["iri"], now), day) for row in rows]


async def _keep(tx: Tx, heads: Sequence[tuple[_Due, str]], now: Instant) -> None:
    moment = await clock.instant(tx, now)
    for one, jws in heads:
        await tx.run(
            "INSERT INTO journal_head (pod, day, seq, hash, time, jws)"
            " VALUES (:pod, :day, :seq, :hash, :time, :jws) ON CONFLICT DO NOTHING",
            pod=one.pod,
            day=one.day,
            seq=int(str(one.payload["seq"])),
            hash=str(one.payload["hash"]),
            time=moment,
            jws=jws,
        )


async def kept_heads(house: House, who: Who, pod: str) -> list[str]:
    """The heads that were kept of a log, newest first, as compact JWS; the owner's alone."""
    return await house.db.read(_kept_heads, who, pod, house)


async def _kept_heads(tx: Tx, who: Who, pod: str, house: House) -> list[str]:
    await require_owner(tx, who, pod, house)
    rows = await tx.all(
        "SELECT jws FROM journal_head WHERE pod = :pod ORDER BY day DESC LIMIT :most",
        pod=pod,
        most=MOST_HEADS,
    )
    return [row["jws"] for row in rows]
