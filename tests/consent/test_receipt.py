# SPDX-License-Identifier: EUPL-1.2
"""Receipts: two signed copies of one record at every change, checked offline (KC-18, §8.8)."""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.asking import inbox
from consent.asking.choice import read_choice
from consent.asking.decisions import approve
from consent.grants import endings, moves, narrowing
from consent.grants.grants import receipt, record
from consent.proof.receipt import Receipt
from consent.proof.verify import canonical, is_record_of, verify_receipt
from pod.errors import Missing, PodError, Unreadable
from pod.instant import DAY, text_of

from .conftest import AGENCY_WHO, AN, AN_WHO, BANK_WHO, BASE, SLIPS, START, Village, new_signer
from .steps import asked, granted


@dataclass(frozen=True)
class Kept:
    """One row as it lies in the database."""

    party: str
    version: int
    event: int
    record: str
    jws: str


async def _rows(tx: Any, grant: str) -> list[Kept]:
    rows = await tx.all(
        "SELECT party, version, event, record, jws FROM receipt WHERE grant_id = :grant"
        " ORDER BY event, party",
        grant=grant,
    )
    return [Kept(*(row[name] for name in Kept.__dataclass_fields__)) for row in rows]


async def pause(village: Village, grant: str) -> None:
    await moves.pause(village.house, AN_WHO, grant)


async def resume(village: Village, grant: str) -> None:
    await moves.resume(village.house, AN_WHO, grant)


async def narrow(village: Village, grant: str) -> None:
    less = narrowing.read_less({"data": [{"target": SLIPS[0]}]}, BASE)
    await narrowing.narrow(village.house, AN_WHO, grant, less)


async def withdraw(village: Village, grant: str) -> None:
    await endings.withdraw(village.house, AN_WHO, grant)


async def relinquish(village: Village, grant: str) -> None:
    await moves.relinquish(village.house, AGENCY_WHO, grant)


async def both(village: Village, grant: str) -> list[Kept]:
    """The newest copy of each side."""
    return (await village.db.read(_rows, grant))[-2:]


async def test_both_sides_get_the_same_terms_under_names_of_their_own(village: Village) -> None:
    grant = (await granted(village))["id"]

    agencys, subjects = await both(village, grant)

    keys = village.house.signer.jwks()
    one, other = verify_receipt(subjects.jws, keys), verify_receipt(agencys.jws, keys)
    assert one["hasRecordOfActivity"] == other["hasRecordOfActivity"]
    assert one["hasRecordOfActivity"]["hasDataSubject"] == AN  # type: ignore[index]  # decision 45
    assert one["id"] != other["id"]
    assert (one["k:copyFor"], other["k:copyFor"]) == ("subject", "agency")
    assert str(one["id"]).endswith(str(one["hasIdentifier"]))


async def test_every_change_is_receipted_and_is_the_record_of_that_moment(
    village: Village,
) -> None:
    grant = (await granted(village))["id"]
    keys = village.house.signer.jwks()
    steps = (None, pause, resume, narrow, withdraw)
    for step, move in enumerate(steps, 1):
        village.later(DAY)
        if move is not None:
            await move(village, grant)

        now = await record(village.house, AN_WHO, grant)
        copies = await both(village, grant)

        assert [copy.event for copy in copies] == [step, step]
        for copy in copies:
            signed = verify_receipt(copy.jws, keys)
            # Invariant 8: byte for byte after canonicalisation.
            assert canonical(signed["hasRecordOfActivity"]) == canonical(now)
            assert copy.record.encode() == canonical(now)
            assert is_record_of(signed, {"@context": {}, **now})


async def test_an_older_receipt_still_proves_its_own_version(village: Village) -> None:
    grant = (await granted(village))["id"]
    before = await record(village.house, AN_WHO, grant)
    first = (await both(village, grant))[0]
    village.later(DAY)
    await narrow(village, grant)

    signed = verify_receipt(first.jws, village.house.signer.jwks())

    assert is_record_of(signed, before)
    assert not is_record_of(signed, await record(village.house, AN_WHO, grant))


async def test_what_the_receipt_says_is_the_grant_and_not_the_request(village: Village) -> None:
    name = await asked(village)
    notice = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    yes = {"noticeHash": notice["hash"], "lang": "nl", "data": [{"target": SLIPS[0]}], "count": 2}
    grant = str((await approve(village.house, AN_WHO, name, read_choice(yes, BASE))).body["id"])

    text = (await both(village, grant))[0].record

    assert SLIPS[0] in text
    assert SLIPS[1] not in text
    assert (
        '{"odrl:leftOperand":"odrl:count","odrl:operator":"odrl:lteq","odrl:rightOperand":2}'
        in (text)
    )


async def test_each_side_reads_its_own_copy_and_nobody_else_any(village: Village) -> None:
    grant = (await granted(village))["id"]
    rows = await village.db.read(_names, grant)

    mine: Receipt = await receipt(village.house, AN_WHO, rows["subject"])

    assert mine.party == "subject"
    for who, name in [
        (AN_WHO, rows["agency"]),
        (AGENCY_WHO, rows["subject"]),
        (BANK_WHO, rows["agency"]),
        (AN_WHO, f"{BASE}.consent/receipts/none"),
    ]:
        with pytest.raises(Missing):
            await receipt(village.house, who, name)


async def _names(tx: Any, grant: str) -> dict[str, str]:
    rows = await tx.all("SELECT id, party FROM receipt WHERE grant_id = :g", g=grant)
    return {row["party"]: row["id"] for row in rows}


async def test_an_agency_that_is_done_early_leaves_a_receipt_too(village: Village) -> None:
    grant = (await granted(village))["id"]
    village.later(DAY)
    await relinquish(village, grant)

    copies = await both(village, grant)

    signed = verify_receipt(copies[0].jws, village.house.signer.jwks())
    status = signed["hasRecordOfActivity"]["hasConsentStatus"][-1]  # type: ignore[index]  # our own form
    assert status["type"] == ["ConsentStatusInvalidForProcessing", "k:Relinquished"]
    assert status["isIndicatedAtTime"] == text_of(START + DAY)


async def test_nothing_else_passes_for_a_receipt(village: Village) -> None:
    grant = (await granted(village))["id"]
    token = (await both(village, grant))[0].jws
    keys = village.house.signer.jwks()
    other = village.house.signer.sign(orjson.dumps({"type": "ConsentReceipt"}))

    pairs: list[tuple[str, dict[str, object]]] = [
        (token, new_signer("k2").jwks()),
        (token, new_signer("k1").jwks()),
        (token, {"keys": []}),
        (token, {}),
        (token[:-2], keys),
        ("", keys),
        (token + "\n" + token, keys),
        (other, keys),
        (village.house.signer.sign(b'{"pod":"x","seq":1}'), keys),
    ]
    for bad, jwks in pairs:
        with pytest.raises(Unreadable):
            verify_receipt(bad, jwks)
    assert verify_receipt(token + "\n", keys)


TOKEN = new_signer("k9")
GOOD = TOKEN.sign(
    orjson.dumps({"type": "ConsentReceipt", "hasRecordOfActivity": {"k:version": 1, "x": "y"}})
)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.sampled_from("ABCDabcd0123-_.= \x00"))
def test_a_receipt_with_one_letter_changed_is_none(at: int, letter: str) -> None:
    changed = GOOD[:at] + letter + GOOD[at + 1 :]

    try:
        receipt_ = verify_receipt(changed, TOKEN.jwks())
    except PodError:
        return
    # Base64 has spare bits at the end of a part: another spelling of the very same bytes.
    assert receipt_ == verify_receipt(GOOD, TOKEN.jwks())
