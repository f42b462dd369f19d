# SPDX-License-Identifier: EUPL-1.2
"""A way back in by mail: a code that works once, for half an hour (OP-26, T-27)."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from identity import events
from identity.accounts import find_login
from identity.mail import Letter, Mailbox
from identity.passwords import Passwords
from identity.sessions import close_others
from pod.database import Database, Tx
from pod.errors import Unreadable
from pod.instant import DAY, MINUTE, Instant, Now
from pod.iri import Iri

CODE_LIFE = 30 * MINUTE
ASKS_PER_PAIR, ASKS_PER_EMAIL, ASKS_PER_ADDRESS = 3, 10, 20
GUESSES_PER_ADDRESS = 30
NO_CODE = "This code does not work: it was used, is older than 30 minutes, or was never sent."
SUBJECT = "Een nieuw wachtwoord voor Kluis"
LETTER = """Goedendag,

Iemand vroeg een nieuw wachtwoord voor uw account bij {base}

Was u dat? Open dan binnen 30 minuten dit adres en kies een nieuw wachtwoord:

{link}

Was u dat niet? Dan hoeft u niets te doen. Uw wachtwoord blijft zoals het is.
"""
CHANGED_SUBJECT = "Uw wachtwoord voor Kluis is veranderd"
CHANGED = """Goedendag,

Het wachtwoord van uw account bij {base} is zopas veranderd, met een code uit een e-mail.
U bent overal afgemeld.

Was u dat niet? Vraag dan meteen een nieuw wachtwoord: {link}
"""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What recovering an account works with; `page` is where a code is brought."""

    db: Database
    base: Iri
    now: Now
    passwords: Passwords
    mailbox: Mailbox

    @property
    def forgot_page(self) -> str:
        return f"{self.base}-/forgot"

    def reset_page(self, code: str) -> str:
        """Pages send `Referrer-Policy: same-origin` and no third party is on them (OP-25)."""
        return f"{self.base}-/reset?code={code}"


async def ask_reset(recovery: Recovery, email: str, address: str) -> None:
    """Mail a code, if the address is known; what the asker sees is the same either way."""
    now = recovery.now()
    recovery.passwords.tries.count(
        (
            (f"forgot {email} from {address}", ASKS_PER_PAIR),
            (f"forgot {email}", ASKS_PER_EMAIL),
            (f"forgot from {address}", ASKS_PER_ADDRESS),
        ),
        now,
    )
    code = secrets.token_urlsafe(32)
    # T-27: known or not, it is one commit, and no answer waits for the mail.
    if await recovery.db.write(None, _keep_code, _hash(code), email, address, now):
        text = LETTER.format(base=recovery.base, link=recovery.reset_page(code))
        recovery.mailbox.post(Letter(email, SUBJECT, text))


async def _keep_code(tx: Tx, hash_: str, email: str, address: str, now: Instant) -> bool:
    await tx.run("DELETE FROM mailed_code WHERE expires < :old", old=now - DAY)
    login = await find_login(tx, email)
    account = None if login is None else login.account
    await events.note(tx, events.attempt(account, "reset-asked", address, now))
    if account is None:
        return False
    await tx.run(
        "INSERT INTO mailed_code (hash, kind, account, email, created, expires)"
        " VALUES (:hash, 'reset', :account, :email, :now, :expires)",
        hash=hash_,
        account=account,
        email=email,
        now=now,
        expires=now + CODE_LIFE,
    )
    return True


async def reset(recovery: Recovery, code: str, password: str, address: str) -> None:
    """Set a checked new password with a mailed code; every session of the account ends."""
    now = recovery.now()
    recovery.passwords.tries.count(((f"reset from {address}", GUESSES_PER_ADDRESS),), now)
    await recovery.db.read(_standing, _hash(code), now)
    secret = await recovery.passwords.hash(password)
    email = await recovery.db.write(None, _reset, _hash(code), secret, address, now)
    text = CHANGED.format(base=recovery.base, link=recovery.forgot_page)
    recovery.mailbox.post(Letter(email, CHANGED_SUBJECT, text))


async def is_standing(recovery: Recovery, code: str) -> bool:
    """Whether the code would work, for the page that asks for the password."""
    try:
        await recovery.db.read(_standing, _hash(code), recovery.now())
    except Unreadable:
        return False
    return True


async def _standing(tx: Tx, hash_: str, now: Instant) -> tuple[str, str]:
    row = await tx.one(
        "SELECT account, email FROM mailed_code"
        " WHERE hash = :hash AND kind = 'reset' AND used IS NULL AND expires > :now",
        hash=hash_,
        now=now,
    )
    if row is None:
        raise Unreadable(NO_CODE, problem="code-over")
    return row["account"], row["email"]


async def _reset(tx: Tx, hash_: str, secret: str, address: str, now: Instant) -> str:
    account, email = await _standing(tx, hash_, now)
    # A new password ends the other codes too: they may lie in a mailbox that was read.
    await tx.run(
        "UPDATE mailed_code SET used = :now WHERE account = :a AND used IS NULL",
        now=now,
        a=account,
    )
    changed = await tx.run(
        "UPDATE login SET secret = :secret"
        " WHERE account = :a AND kind = 'password' AND subject = :email",
        secret=secret,
        a=account,
        email=email,
    )
    if not changed:
        raise Unreadable(NO_CODE, problem="code-over")
    await close_others(tx, account, None, now)
    await events.note(tx, events.attempt(account, "password-reset", address, now))
    return email


def _hash(code: str) -> str:
    return sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
