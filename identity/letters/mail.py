# SPDX-License-Identifier: EUPL-1.2
"""Mail going out: by SMTP, or as .eml files in a folder while developing."""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

import aiosmtplib

from pod.errors import Unavailable
from pod.instant import SECOND, Now

LOG = logging.getLogger("kluis.mail")
MOST_UNDER_WAY = 500
LONGEST_PAUSE, DEV_PAUSE = 1.0, 0.2
SMTP_SECONDS = 30
DEV_SENDER = "kluis@localhost"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in plain text."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where mail is handed over; TLS as the port wants it, and never without on other hosts."""

    host: str
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)


Deliver = Callable[[EmailMessage], Awaitable[None]]


def by_smtp(place: Smtp) -> Deliver:
    """T-30: port 465 speaks TLS at once, others after STARTTLS; plain only on this machine."""
    at_once, here = place.port == 465, place.host in ("localhost", "127.0.0.1", "::1")

    async def deliver(message: EmailMessage) -> None:
        try:
            await aiosmtplib.send(
                message,
                hostname=place.host,
                port=place.port,
                username=place.user or None,
                password=place.password or None,
                use_tls=at_once,
                start_tls=None if at_once or here else True,
                timeout=SMTP_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            kind = type(error).__name__
            raise Unavailable(
                f"{place.host}:{place.port} did not take the mail ({kind})."
            ) from error

    return deliver


def to_folder(folder: Path) -> Deliver:
    """A file for each message, readable by the owner of the server alone."""

    async def deliver(message: EmailMessage) -> None:
        await asyncio.to_thread(_keep, folder, message.as_bytes())

    return deliver


def _keep(folder: Path, body: bytes) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        numbers = [int(file.stem.partition("-")[0]) for file in folder.glob("*.eml")]
        name = f"{max(numbers, default=0) + 1:06d}-{secrets.token_hex(4)}.eml"
        file = folder / name
        file.touch(mode=0o600)
        file.write_bytes(body)
    except (OSError, ValueError) as error:
        raise Unavailable(f"The folder {folder} takes no mail ({error}).") from error


@dataclass(slots=True)
class Mailbox:
    """Takes letters and hands them over by itself: nobody's answer waits for a mail server.

    Otherwise the time of an answer would tell whether an address is known (T-27). For the same
    reason a letter waits a while first, never as long as the one before: writing it takes this
    process a moment, which must not fall into that answer, nor into one that comes right after.
    """

    deliver: Deliver
    sender: str
    now: Now
    longest_pause: float = LONGEST_PAUSE
    under_way: set["asyncio.Task[None]"] = field(default_factory=set)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def post(self, letter: Letter, *, goes: bool = True) -> None:
        """Send it by and by; what does not get out is logged, without whom it was for.

        One that does not go is written all the same, and thrown away.
        """
        if len(self.under_way) >= MOST_UNDER_WAY:
            LOG.warning("too much mail under way: one was dropped")
            return
        task = asyncio.get_running_loop().create_task(self._send(letter, goes))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _send(self, letter: Letter, goes: bool) -> None:
        await self._pause()
        try:
            if goes:
                await self.hand_over(letter)
            else:
                _message(letter, self.sender, self.now).as_bytes()
        except Unavailable as error:
            LOG.warning("mail was not sent: %s", error.detail)

    async def _pause(self) -> None:
        share = 0.2 + 0.8 * secrets.randbelow(1000) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(self.longest_pause * share):
                await self.closing.wait()

    async def hand_over(self, letter: Letter) -> None:
        """Send it now; Unavailable when it was not taken."""
        await self.deliver(_message(letter, self.sender, self.now))

    async def close(self) -> None:
        """Send what still waits at once, and wait for what is under way."""
        self.closing.set()
        await asyncio.gather(*self.under_way)
        self.closing.clear()


def _message(letter: Letter, sender: str, now: Now) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, letter.to
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = formatdate(now() / SECOND)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> ") or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n]+", " ", text)


def open_mailbox(smtp: Smtp | None, sender: str, folder: Path | None, now: Now) -> Mailbox | None:
    """By SMTP where it is set, else to the folder where there is one, else no mail at all."""
    if smtp is not None:
        return Mailbox(by_smtp(smtp), sender, now)
    if folder is None:
        return None
    return Mailbox(to_folder(folder), sender or DEV_SENDER, now, DEV_PAUSE)
