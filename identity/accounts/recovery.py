# SPDX-License-Identifier: EUPL-1.2
"""A way back in by mail: a code that works once, for half an hour (OP-26, T-27)."""

from dataclasses import dataclass

from identity.accounts import events, mailed_codes
from identity.accounts.accounts import find_login
from identity.accounts.mailed_codes import NOTHING, RESET
from identity.accounts.sessions import close_others
from identity.letters.letters import language_of, letter
from identity.letters.mail import Mailbox
from identity.sign_in.passwords import Passwords
from pod.database import Database, Tx
from pod.errors import Unreadable
from pod.instant import Instant, Now
from pod.iri import Iri

ASKS_PER_PAIR, ASKS_PER_EMAIL, ASKS_PER_ADDRESS = 3, 10, 20
GUESSES_PER_ADDRESS = 30


@dataclass(frozen=True, slots=True)
class Recovery:
    """What mails with codes work with; `…_page` are where codes are brought."""

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

    def count_ask(self, kind: str, email: str, address: str) -> None:
        """TooMany before anything is looked up, so it tells nothing of the address (KLU-5)."""
        limits = (
            (f"{kind} {email} from {address}", ASKS_PER_PAIR),
            (f"{kind} {email}", ASKS_PER_EMAIL),
            (f"{kind} from {address}", ASKS_PER_ADDRESS),
        )
        self.passwords.tries.count(limits, self.now())

    def count_guess(self, kind: str, address: str) -> None:
        """TooMany where codes are guessed."""
        self.passwords.tries.count(((f"{kind} from {address}", GUESSES_PER_ADDRESS),), self.now())


async def ask_reset(
    recovery: Recovery, email: str, address: str, language: str | None = None
) -> None:
    """Mail a code, if the address is known; what the asker sees is the same either way."""
    recovery.count_ask("forgot", email, address)
    code = mailed_codes.new_code()
    # T-27: known or not, it is one commit of as many rows, and no answer waits for the mail.
    known, kept = await recovery.db.write(
        None, _keep_code, mailed_codes.hash_of(code), email, address, recovery.now()
    )
    values = {"base": recovery.base, "link": recovery.reset_page(code)}
    recovery.mailbox.post(letter("reset", kept or language, email, values), goes=known)


async def _keep_code(
    tx: Tx, hash_: str, email: str, address: str, now: Instant
) -> tuple[bool, str | None]:
    login = await find_login(tx, email)
    account = None if login is None else login.account
    await events.note(tx, events.attempt(account, "reset-asked", address, now))
    kind = NOTHING if account is None else RESET
    await mailed_codes.keep(tx, hash_, kind, email, now, account)
    return account is not None, await language_of(tx, account)


async def reset(
    recovery: Recovery, code: str, password: str, address: str, language: str | None = None
) -> None:
    """Set a checked new password with a mailed code; every session of the account ends."""
    now, hash_ = recovery.now(), mailed_codes.hash_of(code)
    recovery.count_guess("reset", address)
    await recovery.db.read(mailed_codes.standing, hash_, RESET, now)
    secret = await recovery.passwords.hash(password)
    email, kept = await recovery.db.write(None, _reset, hash_, secret, address, now)
    values = {"base": recovery.base, "link": recovery.forgot_page}
    recovery.mailbox.post(letter("reset-done", kept or language, email, values))


async def find_standing(
    recovery: Recovery, code: str, kind: str = RESET
) -> mailed_codes.Mailed | None:
    """What a code that would work is for, for the page that asks for the password."""
    hash_ = mailed_codes.hash_of(code)
    try:
        return await recovery.db.read(mailed_codes.standing, hash_, kind, recovery.now())
    except Unreadable:
        return None


async def is_standing(recovery: Recovery, code: str) -> bool:
    """Whether the code of a new password would work."""
    return await find_standing(recovery, code) is not None


async def _reset(
    tx: Tx, hash_: str, secret: str, address: str, now: Instant
) -> tuple[str, str | None]:
    mailed = await mailed_codes.standing(tx, hash_, RESET, now)
    await mailed_codes.use_up(tx, mailed, now)
    # Who reads the mail of an address has shown that it is hers.
    changed = await tx.run(
        "UPDATE login SET secret = :secret, verified = COALESCE(verified, :now)"
        " WHERE account = :a AND kind = 'password' AND subject = :email",
        secret=secret,
        now=now,
        a=mailed.account,
        email=mailed.email,
    )
    if not changed or mailed.account is None:
        raise mailed_codes.over()
    await close_others(tx, mailed.account, None, now)
    await events.note(tx, events.attempt(mailed.account, "password-reset", address, now))
    return mailed.email, await language_of(tx, mailed.account)
