# SPDX-License-Identifier: EUPL-1.2
"""The chain of the log: any edit is found and named; its fast form is RFC 8785 (KC-22, §8.7)."""

import itertools
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from acl.journal import GENESIS, Use, chained, new_id, record_use
from acl.permit import Ground
from consent.proof.verify import verify_log
from identity.who import Named
from pod.database import Tx
from pod.iri import Iri

from .conftest import AGENCY, AGENCY_WHO, BASE, SLIPS, START, Village, new_signer

SIGNER = new_signer("k7")
KEYS = SIGNER.jwks()
texts = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.one_of(
    st.none(), texts, st.integers(-(2**53) + 1, 2**53 - 1), st.booleans(), st.lists(texts)
)


@given(st.dictionaries(texts, values, max_size=8))
def test_the_hash_is_over_the_canonical_json(entry: dict[str, Any]) -> None:
    plain = {name: value for name, value in entry.items() if name != "hash"}

    assert chained(entry) == sha256(rfc8785.dumps(plain)).hexdigest()


@pytest.mark.parametrize("number", [2**53, 2**70, float("nan")])
def test_what_has_no_canonical_form_has_no_hash(number: float) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        chained({"status": number})


def entry(number: int, prev: str) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": f"e{number}", "seq": number, "time": "2026-11-24T00:00:00Z", "status": 200,
        "properties": ["a", "b"], "reason": None, "prev": prev,
    }  # fmt: skip
    return {**plain, "hash": chained(plain)}


def export(number: int) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for n in range(1, number + 1):
        entries.append(entry(n, entries[-1]["hash"] if entries else GENESIS))
    payload = {"pod": "p", "seq": number, "hash": entries[-1]["hash"] if entries else GENESIS}
    return [*entries, {"payload": payload, "jws": SIGNER.sign(rfc8785.dumps(payload))}]


def lines(documents: list[dict[str, Any]]) -> str:
    return "".join(orjson.dumps(one).decode() + "\n" for one in documents)


def test_a_whole_export_is_whole_and_an_empty_one_too() -> None:
    for number in (0, 1, 7):
        checked = verify_log(lines(export(number)), KEYS)
        assert (checked.whole, checked.signed, checked.entries) == (True, True, number)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_change_of_an_entry_is_found_and_the_entry_is_named(data: st.DataObject) -> None:
    documents = export(6)
    at = data.draw(st.integers(0, 5), "entry")
    victim = documents[at]
    name = data.draw(st.sampled_from(sorted(victim)), "member")
    kind = data.draw(st.sampled_from(["change", "remove", "add"]))
    if kind == "remove":
        del victim[name]
    elif kind == "add":
        victim[data.draw(texts.filter(lambda t: t not in victim))] = data.draw(values)
    else:
        before = victim[name]
        victim[name] = data.draw(
            values.filter(lambda v: v != before or type(v) is not type(before))
        )

    checked = verify_log(lines(documents), KEYS)

    assert not checked.whole
    assert f"entry {at + 1} " in str(checked)


@given(st.integers(1, 6), st.data())
def test_entries_that_go_come_or_change_places_are_found(number: int, data: st.DataObject) -> None:
    documents = export(6)
    kind = data.draw(st.sampled_from(["drop", "double", "swap", "cut"]))
    if kind == "drop":
        del documents[number - 1]
    elif kind == "double":
        documents.insert(number - 1, dict(documents[number - 1]))
    elif kind == "swap":
        a, b = data.draw(st.sampled_from(list(itertools.combinations(range(6), 2))))
        documents[a], documents[b] = documents[b], documents[a]
    else:
        documents = documents[:number]

    assert not verify_log(lines(documents), KEYS).whole


def test_a_chain_made_anew_from_an_edit_on_fails_at_its_signed_head() -> None:
    documents = export(4)
    prev = documents[0]["hash"]
    for n in range(1, 4):
        documents[n] |= {"status": 403, "prev": prev}
        documents[n]["hash"] = prev = chained(documents[n])

    checked = verify_log(lines(documents), KEYS)

    assert not checked.whole
    assert "head" in str(checked)
    documents[-1]["payload"]["hash"] = prev
    assert "head" in str(verify_log(lines(documents), KEYS))
    assert not verify_log(lines(documents), KEYS).whole


@given(st.binary(max_size=200))
def test_a_file_of_anything_is_never_taken_for_a_log(junk: bytes) -> None:
    assert not verify_log(junk.split(b"\n"), KEYS).whole


async def test_what_lies_in_the_row_is_the_entry_that_was_hashed(village: Village) -> None:
    who = replace(AGENCY_WHO, named=Named(employee='é"\\\u2028'), request_id="r")
    ground = Ground(AGENCY, "consent", "g", "p", "l", "c")
    use = Use(
        Iri(f"{BASE}an/"), Iri(SLIPS[0]), "read", "allowed", 200, who, ground, "v", ("z", "a")
    )

    async def work(tx: Tx) -> Any:
        for number in range(3):
            await record_use(tx, use, new_id(BASE), START + number)
        return [dict(row) for row in await tx.all("SELECT seq, hash, entry FROM journal")]  # type: ignore[call-overload]  # rows read as mappings

    rows = await village.db.write(None, work)

    prev = GENESIS
    for number, row in enumerate(rows, 1):
        kept = orjson.loads(row["entry"])
        assert (kept["seq"], kept["prev"], kept["hash"]) == (number, prev, row["hash"])
        assert kept["hash"] == chained(kept)
        assert kept["properties"] == ["a", "z"]
        assert kept["employee"] == 'é"\\\u2028'
        prev = kept["hash"]
