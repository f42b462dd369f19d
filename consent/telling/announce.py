# SPDX-License-Identifier: EUPL-1.2
"""What agencies are told (KC-24): each event is a row, kept in the commit of what happened."""

import secrets
from dataclasses import dataclass

from consent.lists import next_number
from consent.telling.deliveries import queue
from pod.database import Tx
from pod.instant import Instant


@dataclass(frozen=True, slots=True)
class News:
    """One thing that an agency is told. `kind` is a type of KC-24, such as `grant.withdrawn`.

    `callback` is where it is delivered, None when the agency only pulls. Nothing here names the
    person.
    """

    agency: str
    kind: str
    state: str
    request: str | None = None
    grant: str | None = None
    version: int | None = None
    callback: str | None = None


async def announce(tx: Tx, news: News, moment: Instant) -> str:
    """Keep the event; its name. Delivery is somebody else's work, after the commit."""
    id_ = f"evt_{secrets.token_urlsafe(16)}"
    seq = await next_number(tx, "agency_event")
    await tx.run(
        "INSERT INTO agency_event (id, seq, agency, type, request, grant_id, subject, state,"
        " version, time, callback) VALUES (:id, :seq, :agency, :type, :request, :grant, :subject,"
        " :state, :version, :time, :callback)",
        id=id_,
        seq=seq,
        agency=news.agency,
        type=news.kind,
        request=news.request,
        grant=news.grant,
        subject=news.grant or news.request,
        state=news.state,
        version=news.version,
        time=moment,
        callback=news.callback,
    )
    if news.callback is not None:
        # A request and the grant that came of it are one thread: told in one order.
        thread = news.request or news.grant or news.agency
        await queue(tx, id_, seq, news.agency, thread, news.callback, moment)
    return id_
