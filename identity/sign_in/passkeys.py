# SPDX-License-Identifier: EUPL-1.2
"""Passkeys, as rows: whose they are, what they are called, how often they signed (KLU-3)."""

from dataclasses import dataclass

from identity.accounts.accounts import NEEDS_LOGIN
from pod.database import Row, Tx
from pod.errors import Clash, Missing, Refused, Unreadable
from pod.instant import Instant

MOST = 20
LONGEST_NAME = 64
PLAIN_NAME = "Passkey"
# What a session says of how its person signed in.
ACR = "urn:kluis:authmech:passkey"


@dataclass(frozen=True, slots=True)
class Passkey:
    """The public half of a key pair; texts of bytes are base64url."""

    id: str
    account: str
    credential: str
    public_key: str
    sign_count: int
    name: str
    transports: tuple[str, ...]
    created: Instant
    used: Instant | None


def read_name(value: object) -> str:
    """What its owner calls it; a plain name when she gave none."""
    if value is None or value == "":
        return PLAIN_NAME
    if not isinstance(value, str) or not value.isprintable() or not value.strip():
        raise Unreadable("The name of a passkey is a line of text.")
    if len(value) > LONGEST_NAME:
        raise Unreadable(f"The name of a passkey has {LONGEST_NAME} characters at most.")
    return value.strip()


def _passkey(row: Row) -> Passkey:
    return Passkey(
        row["id"],
        row["account"],
        row["credential"],
        row["public_key"],
        row["sign_count"],
        row["name"],
        tuple(row["transports"].split()),
        row["created"],
        row["used"],
    )


async def passkeys_of(tx: Tx, account: str) -> list[Passkey]:
    """Every passkey of the account, oldest first."""
    rows = await tx.all("SELECT * FROM passkey WHERE account = :a ORDER BY created, id", a=account)
    return [_passkey(row) for row in rows]


async def passkey_of(tx: Tx, account: str, id_: str) -> Passkey:
    """One passkey of this account; Missing also when it is another's (ACC-5)."""
    row = await tx.one("SELECT * FROM passkey WHERE id = :id AND account = :a", id=id_, a=account)
    if row is None:
        raise Missing("There is no such passkey.")
    return _passkey(row)


async def find_passkey(tx: Tx, credential: str) -> Passkey | None:
    """The passkey that a browser names."""
    row = await tx.one("SELECT * FROM passkey WHERE credential = :c", c=credential)
    return None if row is None else _passkey(row)


async def add_passkey(tx: Tx, passkey: Passkey) -> None:
    """WebAuthn §7.1: one credential belongs to one account, whoever shows it."""
    if await find_passkey(tx, passkey.credential) is not None:
        more = {"problem": "known-passkey"}
        raise Clash("This passkey is registered already.", problem="known-passkey", more=more)
    await require_room(tx, passkey.account)
    await tx.run(
        "INSERT INTO passkey (id, account, credential, public_key, sign_count, name, transports,"
        " created) VALUES (:id, :account, :credential, :public_key, :sign_count, :name,"
        " :transports, :created)",
        id=passkey.id,
        account=passkey.account,
        credential=passkey.credential,
        public_key=passkey.public_key,
        sign_count=passkey.sign_count,
        name=passkey.name,
        transports=" ".join(passkey.transports),
        created=passkey.created,
    )


async def require_room(tx: Tx, account: str) -> None:
    """An account has a limited number of them."""
    if len(await passkeys_of(tx, account)) >= MOST:
        raise Refused(
            f"An account has {MOST} passkeys at most; remove one first.",
            problem="too-many-passkeys",
            more={"problem": "too-many-passkeys"},
        )


async def rename_passkey(tx: Tx, account: str, id_: str, name: str) -> None:
    """Another name for the same key."""
    await passkey_of(tx, account, id_)
    await tx.run("UPDATE passkey SET name = :name WHERE id = :id", name=name, id=id_)


async def remove_passkey(tx: Tx, account: str, id_: str) -> None:
    """The last way to sign in stays; without passkeys no password asks for one any more."""
    await passkey_of(tx, account, id_)
    row = await tx.one(
        "SELECT (SELECT count(*) FROM login WHERE account = :a) AS logins,"
        " (SELECT count(*) FROM passkey WHERE account = :a) AS passkeys",
        a=account,
    )
    if row is None or row["logins"] + row["passkeys"] == 1:
        raise Unreadable(NEEDS_LOGIN)
    await tx.run("DELETE FROM passkey WHERE id = :id", id=id_)
    if row["passkeys"] == 1:
        await tx.run("UPDATE account SET second_step = 0 WHERE id = :a", a=account)


async def note_signature(tx: Tx, passkey: Passkey, sign_count: int, now: Instant) -> None:
    """WebAuthn §7.2: a count that does not grow comes from a copy of the key.

    The row itself is asked, so two copies that sign at one moment are not both let in. Keys that
    live in several devices at once always say 0.
    """
    noted = await tx.run(
        "UPDATE passkey SET sign_count = :new, used = :now WHERE id = :id"
        " AND (sign_count < :new OR (sign_count = 0 AND :new = 0))",
        new=sign_count,
        now=now,
        id=passkey.id,
    )
    if noted == 0:
        raise Refused(
            "This passkey counted back: there may be a copy of it. Remove it in the settings.",
            problem="copied-passkey",
            more={"problem": "copied-passkey"},
        )
