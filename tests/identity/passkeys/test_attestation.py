# SPDX-License-Identifier: EUPL-1.2
"""Any attestation and any bytes are refused in words, whatever is in them."""

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.sign_in.passkey_proof import (
    CREATE,
    Answer,
    Place,
    check_new_key,
    check_signature,
    read_answer,
)
from identity.sign_in.passkeys import Passkey
from pod.errors import Refused, Unreadable
from tests.identity.softkey import SoftKey, text_of

PLACE = Place("localhost", "http://localhost:3000")
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary(max_size=80) | st.text(max_size=10),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from([1, 3, -1, -2, -3, "fmt", "sig", "alg"]), each, max_size=4
        )
    ),
    max_leaves=8,
)


def _answer(**response: str) -> Answer:
    told = {"challenge": "AAAA"}
    key = SoftKey(PLACE.origin, PLACE.host)
    made = key.make({**told, "user": {"id": "AAAA"}})
    made["response"] |= response
    return read_answer(made, CREATE, PLACE)


@given(cose=TREES, stated=TREES, fmt=st.sampled_from(["none", "packed", "tpm", "apple", "x", 7]))
@settings(max_examples=150, deadline=None)
def test_any_attestation_is_refused_in_words(cose: object, stated: object, fmt: object) -> None:
    key = SoftKey(PLACE.origin, PLACE.host)
    data = key._data(0x45) + bytes(16) + len(key.id).to_bytes(2) + key.id + cbor2.dumps(cose)
    shape = cbor2.dumps({"fmt": fmt, "attStmt": stated, "authData": data})

    with pytest.raises(Refused):
        check_new_key(_answer(attestationObject=text_of(shape)), PLACE)


@given(noise=st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_in_words(noise: bytes) -> None:
    kept = Passkey("1", "an", "AA", text_of(noise), 0, "x", (), 0, None)
    answer = _answer(authenticatorData=text_of(noise) or "AA", signature="AAAA")

    with pytest.raises((Refused, Unreadable)):
        check_new_key(_answer(attestationObject=text_of(noise) or "AA"), PLACE)
    with pytest.raises((Refused, Unreadable)):
        check_signature(answer, PLACE, kept, first=False)
