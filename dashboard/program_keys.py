# SPDX-License-Identifier: EUPL-1.2
"""Settings: keys that programs sign in with; a secret is shown once (OP-6c, KLU-4)."""

import uuid
from dataclasses import dataclass, replace

from consent.house import House
from dashboard.fittings import VERY_FRESH
from dashboard.foreign import plain_name
from dashboard.settings import account_of
from dashboard.sign_in_ways import is_fresh, sign_in_first
from dashboard.visit import SETTINGS, Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.accounts.credentials import (
    MOST_PER_ACCOUNT,
    NewCredential,
    add_credential,
    new_credential,
    remove_credential,
)
from pod.database import Tx
from pod.errors import Refused
from pod.instant import Instant

KEYS = f"{SETTINGS}/keys"
NO_WEBID = mark("Kies een van uw WebID's.")
TOO_MANY = mark("U hebt al {number} sleutels. Verwijder er eerst een.")


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as its owner sees it; its secret is kept by nobody here."""

    resource: str
    id: str
    label: str
    webid: str
    created: Instant
    used: Instant | None


async def keys_page(house: House, visit: Visit) -> Page:
    """Her keys, and the form for a new one."""
    return await _page(house, visit)


async def _page(house: House, visit: Visit, errors: tuple[Mistake, ...] = ()) -> Page:
    data = {
        "rows": await house.db.read(_keys_of, account_of(visit)),
        "webids": () if visit.reader is None else visit.reader.webids,
        "fresh": is_fresh(house, visit, VERY_FRESH),
        "again": sign_in_first(KEYS).address,
        # Sent twice, by Back or a reload, the form still makes one key (ui.md §9).
        "once": str(uuid.uuid4()),
        "label": visit.form.one("label")[:200],
        "done": bool(visit.query.one("done")) and not errors,
        "errors": errors,
    }
    return Page("settings_keys.html", data, 422 if errors else 200)


async def _keys_of(tx: Tx, account: str) -> list[KeyRow]:
    rows = await tx.all(
        "SELECT resource, id, label, webid, created, used FROM credential"
        " WHERE account = :a ORDER BY created DESC, id",
        a=account,
    )
    return [
        KeyRow(
            row["resource"],
            row["id"],
            plain_name(row["label"]),
            row["webid"],
            row["created"],
            row["used"],
        )
        for row in rows
    ]


async def make_key(house: House, visit: Visit) -> Shown:
    """The one page that answers a form itself: nobody keeps the secret to show it later."""
    if not is_fresh(house, visit, VERY_FRESH):
        return sign_in_first(KEYS)
    account, webid = account_of(visit), visit.form.one("webid")
    if visit.reader is None or webid not in visit.reader.webids:
        return await _page(house, visit, (Mistake("webid", visit.words.say(NO_WEBID)),))
    label = plain_name(visit.form.one("label"))
    new = replace(new_credential(label), resource=_once(visit.form.one("once")))
    try:
        made = await house.db.write(None, _make, new, account, webid, label, house.now())
    except Refused:
        said = visit.words.say(TOO_MANY, number=MOST_PER_ACCOUNT)
        return await _page(house, visit, (Mistake("label", said),))
    if not made:
        return Away(KEYS)
    return Page("settings_key.html", {"id": new.id, "secret": new.secret, "webid": webid})


def _once(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return str(uuid.uuid4())


async def _make(
    tx: Tx, new: NewCredential, account: str, webid: str, label: str, now: Instant
) -> bool:
    row = await tx.one("SELECT 1 AS one FROM credential WHERE resource = :r", r=new.resource)
    if row is not None:
        return False
    await add_credential(tx, new, account, webid, label, now)
    return True


async def remove_key(house: House, visit: Visit) -> Away:
    """ACC-12: its tokens are refused from the next request on."""
    now = house.now()
    await house.db.write(None, remove_credential, account_of(visit), visit.code, now)
    return Away(f"{KEYS}?done=1")
