# SPDX-License-Identifier: EUPL-1.2
"""KLU-11: accounts of organisations, and the people who act for them.

The name and the number are never typed in by the organisation itself: the operator gives them,
from the registry where the agency is in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stdnum.be import vat as kbo
from stdnum.exceptions import ValidationError

from pod.database import Tx
from pod.errors import Clash, Missing, Unreadable
from pod.instant import Instant

ADMIN, DEVELOPER, AUDITOR = "admin", "developer", "auditor"
ROLES = (ADMIN, DEVELOPER, AUDITOR)
MOST_STAFF = 200
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Organisation:
    """The account, and what the operator verified."""

    account: str
    name: str
    code: str
    verified: Instant | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may act for an organisation, by the WebIDs of her own account."""

    account: str
    role: str
    webids: tuple[str, ...]


def read_code(text: object) -> str:
    """A KBO number of ten digits whose check digits are right; Unreadable otherwise."""
    try:
        if not isinstance(text, str) or len(text) > 30:
            raise Unreadable("A KBO number has ten digits, such as 0123.456.749.")
        return str(kbo.validate(text))
    except ValidationError as error:
        raise Unreadable(
            f"{text!r} is no KBO number: ten digits of which the last two check the others."
        ) from error


def read_role(text: object) -> str:
    """One of the roles; Unreadable otherwise."""
    if text not in ROLES:
        raise Unreadable(f"A role is one of {', '.join(ROLES)}.")
    return str(text)


def read_name(text: str) -> str:
    """A name on one line."""
    if not 0 < len(text.strip()) <= LONGEST_NAME or not text.isprintable():
        raise Unreadable(f"A name has 1 to {LONGEST_NAME} characters on one line.")
    return text.strip()


async def add_organisation(
    tx: Tx, account: str, name: str, code: str, admin: str, now: Instant
) -> None:
    """An account that nobody signs in to: its staff act for it. Clash when the code has one."""
    if await find_by_code(tx, code) is not None:
        raise Clash(f"There already is an organisation with the number {code}.", problem="exists")
    await tx.run(
        "INSERT INTO account (id, kind, operator, created) VALUES (:id, 'organisation', 0, :now)",
        id=account,
        now=now,
    )
    await tx.run(
        "INSERT INTO organisation (account, name, code, verified, created)"
        " VALUES (:account, :name, :code, :now, :now)",
        account=account,
        name=name,
        code=code,
        now=now,
    )
    await _put_staff(tx, account, admin, ADMIN, now)


async def verify(tx: Tx, code: str, name: str, now: Instant) -> None:
    """The operator looked it up again: this is its name."""
    changed = await tx.run(
        "UPDATE organisation SET name = :name, verified = :now WHERE code = :code",
        name=name,
        now=now,
        code=code,
    )
    if not changed:
        raise Missing(f"There is no organisation with the number {code}.")


async def find_organisation(tx: Tx, account: str) -> Organisation:
    """What an account stands for; Missing for the account of a person."""
    row = await tx.one("SELECT * FROM organisation WHERE account = :a", a=account)
    if row is None:
        raise Missing("This account is not an organisation's.")
    return Organisation(row["account"], row["name"], row["code"], row["verified"])


async def find_by_code(tx: Tx, code: str) -> Organisation | None:
    """The organisation with this number."""
    row = await tx.one("SELECT * FROM organisation WHERE code = :code", code=code)
    if row is None:
        return None
    return Organisation(row["account"], row["name"], row["code"], row["verified"])


async def role_of(tx: Tx, organisation: str, account: str) -> str | None:
    """What somebody may do for an organisation; None for anybody else."""
    row = await tx.one(
        "SELECT role FROM staff WHERE organisation = :o AND account = :a",
        o=organisation,
        a=account,
    )
    return None if row is None else str(row["role"])


async def organisations_of(tx: Tx, account: str) -> Mapping[str, str]:
    """The accounts that somebody may act for, and in which role."""
    rows = await tx.all(
        "SELECT organisation, role FROM staff WHERE account = :a ORDER BY created", a=account
    )
    return {row["organisation"]: row["role"] for row in rows}


async def staff_of(tx: Tx, organisation: str) -> Sequence[Colleague]:
    """Who acts for it."""
    rows = await tx.all(
        "SELECT s.account, s.role, w.uri FROM staff s LEFT JOIN webid w ON w.account = s.account"
        " WHERE s.organisation = :o ORDER BY s.created, s.account, w.verified",
        o=organisation,
    )
    roles = {row["account"]: row["role"] for row in rows}
    return [
        Colleague(
            account,
            role,
            tuple(row["uri"] for row in rows if row["account"] == account and row["uri"]),
        )
        for account, role in roles.items()
    ]


async def put_staff(tx: Tx, organisation: str, webid: str, role: str, now: Instant) -> str:
    """Add a colleague by WebID, or give her another role; gives her account.

    A WebID is public, so that this tells nothing about who has an account (T-27).
    """
    rows = await tx.all(
        "SELECT w.account FROM webid w JOIN account a ON a.id = w.account"
        " WHERE w.uri = :webid AND a.kind = 'person'",
        webid=webid,
    )
    if len(rows) != 1:
        raise Unreadable("No one account here signs in with this WebID.")
    account = str(rows[0]["account"])
    if role != ADMIN:
        await _require_other_admin(tx, organisation, account)
    await _put_staff(tx, organisation, account, role, now)
    return account


async def _put_staff(tx: Tx, organisation: str, account: str, role: str, now: Instant) -> None:
    known = await tx.one(
        "SELECT count(*) AS many FROM staff WHERE organisation = :o", o=organisation
    )
    if known is not None and known["many"] >= MOST_STAFF:
        raise Unreadable(f"An organisation has at most {MOST_STAFF} people.")
    await tx.run(
        "INSERT INTO staff (organisation, account, role, created) VALUES (:o, :a, :role, :now)"
        " ON CONFLICT (organisation, account) DO UPDATE SET role = excluded.role",
        o=organisation,
        a=account,
        role=role,
        now=now,
    )


async def remove_staff(tx: Tx, organisation: str, account: str) -> None:
    """From the next request on she acts for it no longer; the last admin stays."""
    if await role_of(tx, organisation, account) is None:
        raise Missing("There is no such colleague.")
    await _require_other_admin(tx, organisation, account)
    await tx.run(
        "DELETE FROM staff WHERE organisation = :o AND account = :a", o=organisation, a=account
    )


async def _require_other_admin(tx: Tx, organisation: str, account: str) -> None:
    row = await tx.one(
        "SELECT 1 AS another FROM staff"
        " WHERE organisation = :o AND account <> :a AND role = 'admin'",
        o=organisation,
        a=account,
    )
    if row is None:
        raise Unreadable("An organisation keeps at least one admin.")
