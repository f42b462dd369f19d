# SPDX-License-Identifier: EUPL-1.2
"""Letters in the language of who gets them; the texts are in letter_texts and change_texts."""

import re
from collections.abc import Mapping

from identity.letters.change_texts import CHANGES
from identity.letters.mail import Letter
from identity.letters.texts import LETTERS
from pod.database import Tx

LANGUAGES = ("nl", "en", "fr", "de")
PLAIN = LANGUAGES[0]
_WEIGHT = re.compile(r"q=([01](?:\.\d{0,3})?)")


def letter(kind: str, language: str | None, to: str, values: Mapping[str, str]) -> Letter:
    """The letter of this kind; Dutch where the language is not one of ours."""
    subject, text = LETTERS[kind][language if language in LANGUAGES else PLAIN]
    return Letter(to, subject, text.format_map(values))


def change_letter(kind: str, language: str | None, to: str, values: Mapping[str, str]) -> Letter:
    """WI-2: that something about the account changed, and what."""
    spoken = language if language in LANGUAGES else PLAIN
    what = CHANGES[kind][spoken]
    return letter("changed", spoken, to, {**values, "what": what})


def spoken_by(accepted: str | None) -> str | None:
    """The language that a request prefers; None where it names none, as scripts do."""
    weighed = [_weighed(piece) for piece in (accepted or "")[:500].split(",")]
    ours = [(weight, name) for weight, name in weighed if weight > 0 and name in LANGUAGES]
    return max(ours, key=lambda each: each[0], default=(0, None))[1]


def _weighed(piece: str) -> tuple[float, str]:
    tag, _, parameter = piece.partition(";")
    found = _WEIGHT.fullmatch(parameter.strip())
    weight = 1.0 if not parameter.strip() else float(found[1]) if found else 0.0
    return weight, tag.strip().lower().partition("-")[0]


async def language_of(tx: Tx, account: str | None) -> str | None:
    """The language that an account chose or first signed in with."""
    row = await tx.one("SELECT language FROM account WHERE id = :a", a=account)
    return None if row is None else row["language"]


async def keep_language(tx: Tx, account: str, language: str | None) -> None:
    """The first one that is seen stays, until another one is chosen."""
    if language in LANGUAGES:
        await tx.run(
            "UPDATE account SET language = :l WHERE id = :a AND language IS NULL",
            l=language,
            a=account,
        )


async def choose_account_language(tx: Tx, account: str, language: str) -> None:
    """From now on, what is mailed is in this language."""
    if language in LANGUAGES:
        await tx.run("UPDATE account SET language = :l WHERE id = :a", l=language, a=account)
