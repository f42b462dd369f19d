# SPDX-License-Identifier: EUPL-1.2
"""KC-6: the same key and body within a day give the first answer again."""

from dataclasses import dataclass, field

import orjson

from pod.database import Tx
from pod.errors import Unprocessable
from pod.instant import DAY, Instant

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back, without HTTP machinery; kept so that it can be given again."""

    status: int
    body: dict[str, object]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Once:
    """One try of one caller at one address; without a key it is simply new."""

    caller: str = ""
    path: str = ""
    key: str | None = None
    digest: str = ""


async def earlier(tx: Tx, once: Once, moment: Instant) -> Answer | None:
    """The answer that this try got before; Unprocessable when the body was another one."""
    if once.key is None:
        return None
    row = await tx.one(
        "SELECT digest, status, headers, body FROM idempotency"
        " WHERE caller = :caller AND path = :path AND key = :key AND created > :since",
        caller=once.caller,
        path=once.path,
        key=once.key,
        since=moment - DAY,
    )
    if row is None:
        return None
    if row["digest"] != once.digest:
        raise Unprocessable(
            "This Idempotency-Key came before with another body; take a new one.",
            problem="idempotency-mismatch",
        )
    return Answer(row["status"], orjson.loads(row["body"]), orjson.loads(row["headers"]))


async def keep(tx: Tx, once: Once, answer: Answer, moment: Instant) -> Answer:
    """Keep the answer in the commit of what it tells about, and let go of old ones."""
    if once.key is None:
        return answer
    await tx.run("DELETE FROM idempotency WHERE created <= :since", since=moment - DAY)
    await tx.run(
        "INSERT INTO idempotency (caller, path, key, digest, status, headers, body, created)"
        " VALUES (:caller, :path, :key, :digest, :status, :headers, :body, :moment)",
        caller=once.caller,
        path=once.path,
        key=once.key,
        digest=once.digest,
        status=answer.status,
        headers=orjson.dumps(answer.headers).decode(),
        body=orjson.dumps(answer.body).decode(),
        moment=moment,
    )
    return answer
