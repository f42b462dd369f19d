# SPDX-License-Identifier: EUPL-1.2
"""A receipt on one page: what was agreed, by whom, since when, and whether the signature holds."""

from collections.abc import Mapping

from consent.house import House
from consent.receipt import Receipt
from consent.verify import verify_receipt
from dashboard import lookups
from dashboard.pages import EVENTS, Section, code_of, grant_sections
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
}


async def receipt_page(house: House, visit: Visit) -> Page:
    """Her copy of a receipt, checked now with the published keys."""
    receipt = await lookups.own_receipt(house, visit, house.name("receipts", visit.code))
    who = await lookups.who_gave(house, visit, receipt.grant)
    given = await lookups.given(house, who, receipt.grant)
    terms = grant_sections(given.grant, given.agency, given.purpose, visit.language)
    data: dict[str, object] = {
        "here": "grants",
        "grant": code_of(receipt.grant),
        "agency": terms[0].lines[0],
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
    record = signed["hasRecordOfActivity"]
    facts = record if isinstance(record, dict) else {}
    words = visit.words
    sections = (
        Section(words.say("Van wie zijn de gegevens?"), (str(facts.get("hasDataSubject", "")),)),
        *terms,
        Section(words.say("Wat er gebeurde"), tuple(_happened(facts, words))),
        Section(words.say("Versie"), (str(facts.get("k:version", "")),)),
    )
    issued = read_instant(str(signed["dct:issued"]))
    return Page("receipt.html", {**data, "holds": True, "issued": issued, "sections": sections})


def _happened(record: Mapping[str, object], words: Words) -> list[str]:
    lines = []
    events = record.get("hasConsentStatus")
    for event in events if isinstance(events, list) else []:
        kinds = event["type"] if isinstance(event["type"], list) else [event["type"]]
        word = next((_STATUS[kind] for kind in kinds if kind in _STATUS), str(kinds[0]))
        at = words.plain_moment(read_instant(str(event["isIndicatedAtTime"])))
        lines.append(f"{at}: {words.say(word)}")
    return lines


def _proofs(house: House, receipt: Receipt, words: Words) -> tuple[Section, ...]:
    return (
        Section(words.say("Adres van dit bewijs"), (receipt.id,)),
        Section(words.say("Sleutel"), (f"{house.base}.consent/keys", house.signer.kid)),
        Section(words.say("Afgedrukt op"), (words.plain_moment(house.now()),)),
    )
