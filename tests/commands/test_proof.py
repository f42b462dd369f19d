# SPDX-License-Identifier: EUPL-1.2
"""Chains and signatures: whole ones pass, each kind of change is found."""

from base64 import urlsafe_b64encode
from hashlib import sha256

import orjson
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from commands.answer import Json, Unexpected
from commands.proof import FIRST_PREV, break_in, digest_without, read_export, signed_by


def chain(length: int) -> list[dict[str, Json]]:
    entries: list[dict[str, Json]] = []
    before = FIRST_PREV
    for seq in range(1, length + 1):
        entry: dict[str, Json] = {"seq": seq, "who": f"agentschap {seq} é", "prev": before}
        before = sha256(rfc8785.dumps(entry)).hexdigest()
        entries.append(entry | {"hash": before})
    return entries


def test_a_whole_chain_has_no_break() -> None:
    assert break_in([*chain(4)]) is None
    assert break_in([]) is None


def test_a_changed_word_breaks_it_at_that_entry() -> None:
    entries = chain(4)
    entries[2]["who"] = "niemand"

    assert break_in([*entries]) == "entry 3 is not what its hash was taken from"


def test_an_entry_taken_out_is_missed() -> None:
    entries = chain(4)
    del entries[1]

    assert break_in([*entries]) == "entry 3 follows entry 1"


def test_a_beginning_cut_off_is_missed() -> None:
    assert break_in([*chain(4)[1:]]) == "entry 2 follows entry 0"


def test_an_entry_hashed_anew_no_longer_fits_the_next() -> None:
    entries = chain(3)
    entries[0]["who"] = "niemand"
    entries[0]["hash"] = digest_without({**entries[0]}, "hash")

    assert break_in([*entries]) == "entry 2 does not name the hash of the one before it"


def octets(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


KEY = Ed25519PrivateKey.generate()
KEYS: Json = {
    "keys": [
        {"kty": "EC", "crv": "P-256", "kid": "k1", "x": "", "y": ""},
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "kid": "k1",
            "x": octets(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
        },
    ]
}


def signed(payload: Json, kid: str = "k1", alg: str = "EdDSA") -> str:
    head = octets(orjson.dumps({"alg": alg, "kid": kid}))
    words = f"{head}.{octets(orjson.dumps(payload))}"
    return f"{words}.{octets(KEY.sign(words.encode()))}"


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_a_signature_by_a_published_key_gives_the_payload(alg: str) -> None:
    assert signed_by(signed({"seq": 3}, alg=alg), KEYS) == {"seq": 3}


def test_a_changed_payload_is_found_out() -> None:
    head, _, signature = signed({"seq": 3}).split(".")

    with pytest.raises(Unexpected, match="does not fit the key"):
        signed_by(f"{head}.{octets(b'{}')}.{signature}", KEYS)


@pytest.mark.parametrize("jws", [signed({}, kid="k9"), signed({}, alg="none"), "a.b", "!.!.!", ""])
def test_unknown_keys_other_algorithms_and_no_jws_are_refused(jws: str) -> None:
    with pytest.raises(Unexpected):
        signed_by(jws, KEYS)


@pytest.mark.parametrize(
    "head",
    ["a.b.c", '"a.b.c"', '{"payload": {"seq": 2}, "jws": "a.b.c"}'],
    ids=["bare", "text", "object"],
)
def test_the_head_stands_last_in_an_export(head: str) -> None:
    lines = [*(orjson.dumps(entry).decode() for entry in chain(2)), head]

    entries, jws = read_export("\n".join(lines).encode() + b"\n")

    assert entries == chain(2)
    assert jws == "a.b.c"


def test_an_empty_export_is_unexpected() -> None:
    with pytest.raises(Unexpected):
        read_export(b"")
