# SPDX-License-Identifier: EUPL-1.2
"""A receipt on one page: what was agreed, by whom, since when, and whether the signature holds."""

from collections.abc import Mapping

from consent.house import House
from consent.proof.receipt import Receipt
from consent.proof.verify import verify_receipt
from dashboard import lookups
from dashboard.pages import EVENTS, UNKNOWN_STATE, Section, code_of
from dashboard.records import node, nodes, record_sections
from dashboard.visit import Page, Visit
from dashboard.words import Words, mark
from pod.errors import Unreadable
from pod.instant import read_instant

VERIFIED = mark("De handtekening klopt")
BROKEN = mark("De handtekening klopt niet")
_STATUS: Mapping[str, str] = {
    "ConsentRequested": mark("de instantie vroeg het"),
    "ConsentGiven": EVENTS["create"],
    "ConsentStatusValidForProcessing": EVENTS["start"],
    "ConsentExpired": EVENTS["expire"],
    "k:Exhausted": EVENTS["exhaust"],
    "ConsentWithdrawn": EVENTS["withdraw"],
    "k:paused": EVENTS["pause"],
    "k:Narrowed": EVENTS["narrow"],
    "k:Relinquished": EVENTS["relinquish"],
    "ConsentRevoked": EVENTS["revoke"],
    "ConsentInvalidated": EVENTS["invalidate"],
    "k:Superseded": EVENTS["supersede"],
}


async def receipt_page(house: House, visit: Visit) -> Page:
    """Her copy of a receipt, checked now with the published keys; it says what was signed."""
    receipt = await lookups.own_receipt(house, visit, house.name("receipts", visit.code))
    data: dict[str, object] = {
        "here": "grants",
        "grant": code_of(receipt.grant),
        "agency": "",
        "verified": VERIFIED,
        "broken": BROKEN,
        "holds": False,
        "sections": (),
        "proofs": _proofs(house, receipt, visit.words),
    }
    try:
        signed = verify_receipt(receipt.jws, house.signer.jwks())
    except Unreadable:
        return Page("receipt.html", data)
    record, words = node(signed.get("hasRecordOfActivity")), visit.words
    terms = record_sections(record, visit.language)
    sections = (
        Section(words.say("Van wie zijn de gegevens?"), (str(record.get("hasDataSubject", "")),)),
        *terms,
        Section(words.say("Wat er gebeurde"), tuple(_happened(record, words))),
        Section(words.say("Versie"), (str(record.get("k:version", "")),)),
    )
    issued = read_instant(str(signed["dct:issued"]))
    facts = {"holds": True, "issued": issued, "sections": sections, "agency": terms[0].lines[0]}
    return Page("receipt.html", {**data, **facts})


def _happened(record: Mapping[str, object], words: Words) -> list[str]:
    lines, before = [], ""
    for event in nodes(record.get("hasConsentStatus")):
        listed = event["type"] if isinstance(event["type"], list) else [event["type"]]
        # The kinds go from general to particular: the last one that has a word says most.
        kinds = [str(kind) for kind in reversed(listed)]
        word = next((_STATUS[kind] for kind in kinds if kind in _STATUS), UNKNOWN_STATE.word)
        if (before, word) == (EVENTS["pause"], EVENTS["start"]):
            word = EVENTS["resume"]  # DPV has one word for both
        at = words.plain_moment(read_instant(str(event["isIndicatedAtTime"])))
        lines.append(f"{at}: {words.say(word)}")
        before = word
    return lines


def _proofs(house: House, receipt: Receipt, words: Words) -> tuple[Section, ...]:
    return (
        Section(words.say("Adres van dit bewijs"), (receipt.id,)),
        Section(words.say("Sleutel"), (f"{house.base}.consent/keys", house.signer.kid)),
        Section(words.say("Afgedrukt op"), (words.plain_moment(house.now()),)),
    )
