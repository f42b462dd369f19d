# SPDX-License-Identifier: EUPL-1.2
"""The language that an app says its user reads, for the pages that its question leads to."""

from collections.abc import Iterable

import orjson

from consent.house import House
from dashboard.visit import FROM_APPS, Visit
from dashboard.words import LANGUAGES
from identity.provider.codes import hash_of
from pod import clock
from pod.database import Tx
from pod.instant import Instant

MOST = 20


async def language_of_app(house: House, visit: Visit) -> str | None:
    """OIDC Core §3.1.2.1 `ui_locales`: the first one that we speak; only in the browser that the
    app sent here (OP-25)."""
    code = _question(visit)
    if not code or not visit.browser:
        return None
    return first_known(await house.db.read(_wanted, code, visit.browser, house.now()))


def _question(visit: Visit) -> str:
    """The code of the app's question that this page is about, or leads back to."""
    next_ = visit.query.one("next") or visit.form.one("next")
    place = visit.path if visit.path.startswith(FROM_APPS) else next_
    if not place.startswith(FROM_APPS):
        return ""
    return place.removeprefix(FROM_APPS).partition("?")[0][:64]


async def _wanted(tx: Tx, code: str, browser: str, now: Instant) -> tuple[str, ...]:
    row = await tx.one(
        "SELECT params FROM interaction WHERE hash = :h AND browser = :b AND expires > :now",
        h=hash_of(code),
        b=hash_of(browser),
        now=await clock.instant(tx, now),
    )
    return () if row is None else tuple(orjson.loads(row["params"])["ui_locales"])


def first_known(tags: Iterable[str]) -> str | None:
    """`fr-BE` is French; what is no language of ours is passed over."""
    for tag in tuple(tags)[:MOST]:
        short = tag.strip().lower().partition("-")[0]
        if short in LANGUAGES:
            return short
    return None
