# SPDX-License-Identifier: EUPL-1.2
"""Accounts and their logins, as rows."""

import re
import uuid
from dataclasses import dataclass

from pod.database import Tx
from pod.errors import Clash, Missing, Unreadable
from pod.instant import MINUTE, Instant

# None of the characters that set addresses apart in a header: mail goes to this address alone.
_EMAIL = re.compile(r"""[^@\s\x00-\x1f,;:<>()\[\]"\\]{1,64}@[^@\s\x00-\x1f,;:<>()\[\]"\\]{1,255}""")
TAKEN = "There already is a login for this e-mail address."
EMPTY_FOR = 30 * MINUTE
NEEDS_LOGIN = "An account needs at least 1 login method."


@dataclass(frozen=True, slots=True)
class Login:
    """An e-mail address and the hash of its password."""

    id: str
    account: str
    email: str
    secret: str


def new_id() -> str:
    """A name for a row; made outside the unit of work."""
    return str(uuid.uuid4())


def read_email(value: object) -> str:
    """E-mail addresses compare in lower case (account-api.md §3)."""
    if not isinstance(value, str) or not _EMAIL.fullmatch(value) or not value.isprintable():
        raise Unreadable("Give an e-mail address.")
    return value.lower()


async def add_account(tx: Tx, account: str, now: Instant, *, operator: bool = False) -> None:
    """A new account, without a way to sign in yet."""
    await tx.run(
        "INSERT INTO account (id, kind, operator, created) VALUES (:id, 'person', :operator, :now)",
        id=account,
        operator=int(operator),
        now=now,
    )


async def drop_empty_accounts(tx: Tx, moment: Instant) -> None:
    """An account that got no way to sign in within half an hour goes (account-api.md §3)."""
    await tx.run(
        "DELETE FROM account WHERE created < :before"
        " AND kind = 'person'"
        " AND NOT EXISTS (SELECT 1 FROM login WHERE login.account = account.id)"
        " AND NOT EXISTS (SELECT 1 FROM passkey WHERE passkey.account = account.id)"
        " AND NOT EXISTS (SELECT 1 FROM pod WHERE pod.account = account.id)",
        before=moment - EMPTY_FOR,
    )


async def mark_operator(tx: Tx, account: str) -> None:
    """The account may do what operators do."""
    await tx.run("UPDATE account SET operator = 1 WHERE id = :id", id=account)


async def find_login(tx: Tx, email: str) -> Login | None:
    """The password login of an address."""
    row = await tx.one("SELECT * FROM login WHERE kind = 'password' AND subject = :e", e=email)
    return None if row is None else Login(row["id"], row["account"], email, row["secret"])


async def require_free(tx: Tx, email: str) -> None:
    """Each address has one login in all; asked before hashing too, which is slow."""
    if await find_login(tx, email) is not None:
        raise Unreadable(TAKEN)


async def add_login(
    tx: Tx,
    id_: str,
    account: str,
    email: str,
    secret: str,
    now: Instant,
    *,
    verified: Instant | None = None,
) -> None:
    """Unreadable, in the words that scripts look for, when the address has one."""
    await require_free(tx, email)
    await tx.run(
        "INSERT INTO login (id, account, kind, subject, secret, verified, created)"
        " VALUES (:id, :account, 'password', :email, :secret, :verified, :now)",
        id=id_,
        account=account,
        email=email,
        secret=secret,
        verified=verified,
        now=now,
    )


async def logins_of(tx: Tx, account: str) -> dict[str, str]:
    """Address to the id of its login."""
    rows = await tx.all(
        "SELECT id, subject FROM login WHERE account = :a AND kind = 'password' ORDER BY created",
        a=account,
    )
    return {row["subject"]: row["id"] for row in rows}


async def login_of(tx: Tx, account: str, id_: str) -> Login:
    """One login of this account; Missing also when it is another's."""
    row = await tx.one("SELECT * FROM login WHERE id = :id AND account = :a", id=id_, a=account)
    if row is None:
        raise Missing("There is no such login.")
    return Login(row["id"], row["account"], row["subject"], row["secret"])


async def change_secret(tx: Tx, login: Login, secret: str) -> None:
    """A new password in place of the one that was checked; Clash when another was quicker."""
    changed = await tx.run(
        "UPDATE login SET secret = :secret WHERE id = :id AND secret = :old",
        secret=secret,
        id=login.id,
        old=login.secret,
    )
    if changed == 0:
        raise Clash("The password was changed elsewhere in the meantime.")


async def remove_login(tx: Tx, account: str, id_: str) -> None:
    """The last way to sign in stays."""
    await login_of(tx, account, id_)
    if await _ways(tx, account) == 1:
        raise Unreadable(NEEDS_LOGIN)
    await tx.run("DELETE FROM login WHERE id = :id", id=id_)


async def require_login(tx: Tx, account: str) -> None:
    """Anything else waits until the account has a way to sign in, or people who act for it."""
    if not await _ways(tx, account):
        raise Unreadable(NEEDS_LOGIN)


async def _ways(tx: Tx, account: str) -> int:
    row = await tx.one(
        "SELECT (SELECT count(*) FROM login WHERE account = :a)"
        " + (SELECT count(*) FROM passkey WHERE account = :a)"
        " + (SELECT count(*) FROM staff WHERE organisation = :a) AS many",
        a=account,
    )
    return 0 if row is None else int(row["many"])


async def is_operator(tx: Tx, webid: str) -> bool:
    """Whether an account that is marked as operator has this WebID."""
    sql = (
        "SELECT 1 AS is_one FROM webid w JOIN account a ON a.id = w.account"
        " WHERE w.uri = :webid AND a.operator = 1"
    )
    return await tx.one(sql, webid=webid) is not None
