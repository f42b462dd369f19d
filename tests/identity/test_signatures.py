# SPDX-License-Identifier: EUPL-1.2
"""ES256 and ES384 signatures, whatever numbers they are made of (RS-3)."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given
from hypothesis import strategies as st

from identity.tokens.jose import BadToken, _der, check_with

KEYS = {
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
}
SIZES = {"ES256": 32, "ES384": 48}


@pytest.mark.parametrize("size", [32, 48])
@given(st.data())
def test_both_halves_are_written_as_the_library_writes_them(size: int, data: st.DataObject) -> None:
    most = 256**size - 1
    edges = st.sampled_from([1, 127, 128, 255, 256, 2**255, most, most // 2])
    number = st.one_of(st.integers(1, most), edges.map(lambda n: min(n, most)))
    r, s = data.draw(number), data.draw(number)

    assert _der(r.to_bytes(size) + s.to_bytes(size), size) == encode_dss_signature(r, s)


@pytest.mark.parametrize("name", KEYS)
def test_a_hundred_real_ones_hold_and_no_changed_one_does(name: str) -> None:
    key, size = KEYS[name], SIZES[name]
    digest = hashes.SHA256() if size == 32 else hashes.SHA384()
    check = check_with(key.public_key(), name)
    for number in range(100):
        signed = b"said %d" % number
        r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(digest)))
        good = r.to_bytes(size) + s.to_bytes(size)
        check(signed, good)

        for wrong in (good[size:] + good[:size], good[:-1] + bytes([good[-1] ^ 1])):
            with pytest.raises(BadToken, match="does not hold"):
                check(signed, wrong)


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("halves", [(0, 0), (0, 1), (1, 0)])
def test_zero_is_no_half(name: str, halves: tuple[int, int]) -> None:
    """What some libraries took for a signature of anything (CVE-2022-21449)."""
    size = SIZES[name]
    zeros = halves[0].to_bytes(size) + halves[1].to_bytes(size)
    with pytest.raises(BadToken, match="does not hold"):
        check_with(KEYS[name].public_key(), name)(b"said", zeros)
