# SPDX-License-Identifier: EUPL-1.2
"""What was mailed, as its reader sees it."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from identity.accounts.announcements import send_due
from tests.dashboard.conftest import Town


async def letters(town: Town) -> list[EmailMessage]:
    """Every letter so far, the oldest first."""
    await send_due(town.house.db, town.base, town.mailbox, town.now())
    await town.mailbox.close()
    return _read(town.house.files.folder.parent / "mail")


def _read(folder: Path) -> list[EmailMessage]:
    found = []
    for file in sorted(folder.glob("*.eml")):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


async def link_in_last(town: Town) -> str:
    """The path of the first address of ours in the last letter that has a code."""
    text = str((await letters(town))[-1].get_content())
    line = next(line for line in text.splitlines() if "code=" in line)
    return "/" + line.removeprefix(town.base)
