# SPDX-License-Identifier: EUPL-1.2
"""For developers, with --dev only: sign in as anyone by one press, and read the mail."""

import asyncio
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from consent.house import House
from dashboard.fittings import Fittings
from dashboard.foreign import plain_name
from dashboard.sign_in import begin_session
from dashboard.visit import HOME, Away, Page, Visit
from identity.accounts.accounts import find_login
from pod.database import Tx
from pod.errors import Missing

MOST_ACCOUNTS, MOST_LETTERS, LARGEST_LETTER = 200, 20, 64 * 1024


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """A letter that would have gone out."""

    to: str
    subject: str
    text: str


async def dev_page(fittings: Fittings, house: House, visit: Visit) -> Page:
    """Accounts to sign in as, and the last letters."""
    emails = await house.db.read(_emails)
    letters = await asyncio.to_thread(read_letters, fittings.mail)
    return Page("dev.html", {"emails": emails, "letters": letters})


async def _emails(tx: Tx) -> list[str]:
    rows = await tx.all(
        "SELECT subject FROM login WHERE kind = 'password' ORDER BY created, subject LIMIT :most",
        most=MOST_ACCOUNTS,
    )
    return [row["subject"] for row in rows]


async def sign_in_as(house: House, visit: Visit) -> Away:
    """Without a password: the address exists in development mode alone."""
    login = await house.db.read(find_login, visit.form.one("email"))
    if login is None:
        raise Missing("There is no such login.")
    return Away(HOME, session=await begin_session(house, visit, login.account))


def read_letters(folder: Path | None) -> list[ShownLetter]:
    """The newest first; a file that is no letter is left out."""
    if folder is None or not folder.is_dir():
        return []
    files = sorted(folder.glob("*.eml"), reverse=True)[:MOST_LETTERS]
    return [_letter(file.read_bytes()[:LARGEST_LETTER]) for file in files]


def _letter(body: bytes) -> ShownLetter:
    message = message_from_bytes(body, _class=EmailMessage, policy=policy.default)
    part = message.get_body(preferencelist=("plain",))
    text = "" if part is None else str(part.get_content())
    to, subject = str(message.get("To", "")), str(message.get("Subject", ""))
    return ShownLetter(plain_name(to, 200), plain_name(subject, 200), text)
