# SPDX-License-Identifier: EUPL-1.2
"""A page on which anybody checks a receipt, or the export of a log, with our published keys."""

import asyncio

from consent.house import House
from consent.proof.verify import verify_log, verify_receipt
from dashboard.records import node, record_sections
from dashboard.visit import File, Mistake, Page, Shown, Visit
from dashboard.words import mark
from pod.errors import PodError, TooLarge

LARGEST = 8 * 1024 * 1024
NOTHING = mark("Kies een bestand, of plak een bewijs.")
TOO_LARGE = mark("Dit bestand is te groot voor deze pagina. Gebruik het commando kluis verify-log.")
HOLDS = mark("De handtekening klopt")
WHOLE, NOT_WHOLE = mark("Dit log is heel"), mark("Dit log is niet heel")
NEITHER = mark("Dit is geen bewijs en geen uitvoer van een log van deze kluis.")


async def check_page(house: House, visit: Visit) -> Page:
    """The form; nothing of what is checked is kept."""
    return Page("verify.html", {"receipt": None, "log": None})


async def check(house: House, visit: Visit, file: File | None) -> Shown:
    """What was pasted or sent: whose signature, and whether anything was changed."""
    text = visit.form.one("text").strip()
    try:
        text = text or await _text(file)
    except TooLarge:
        return _wrong(visit, TOO_LARGE)
    if not text:
        return _wrong(visit, NOTHING)
    if text.startswith("{"):
        # Megabytes of hashes: others are served meanwhile.
        checked = await asyncio.to_thread(verify_log, text, house.signer.jwks())
        return Page("verify.html", {"receipt": None, "log": checked})
    try:
        receipt = verify_receipt(text, house.signer.jwks())
        sections = record_sections(node(receipt.get("hasRecordOfActivity")), visit.language)
    except (PodError, KeyError, ValueError):
        return _wrong(visit, NEITHER)
    return Page("verify.html", {"receipt": sections, "log": None})


async def _text(file: File | None) -> str:
    if file is None:
        return ""
    taken = bytearray()
    async for piece in file.pieces():
        taken += piece
        if len(taken) > LARGEST:
            raise TooLarge("The file is too large for this page.")
    return taken.decode("utf-8", "replace").strip()


def _wrong(visit: Visit, text: str) -> Page:
    mistake = Mistake("file", visit.words.say(text))
    return Page("verify.html", {"receipt": None, "log": None, "errors": [mistake]}, 422)
