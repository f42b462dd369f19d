# SPDX-License-Identifier: EUPL-1.2
"""What a DPoP check costs with warm caches, against the signature that it has to verify anyway.

python -m bench.dpop [N]: N requests (3,000), each with a proof of its own, in rounds that take
turns with the bare verification, so that a busy machine slows both. Decision 27: at most 1.5.
"""

import gc
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwt
from joserfc.jwk import ECKey
from multidict import CIMultiDict

from identity.identify import Identifier
from identity.provider.provider import Given, answer
from identity.tokens.dpop import Proof, read_proof
from identity.tokens.jose import take_apart
from identity.tokens.keys import open_keys
from identity.tokens.replay import open_replay
from identity.tokens.token import tokens_of
from pod.instant import Instant, wall
from pod.iri import Iri

BASE = Iri("https://kluis.example/")
PATH = "/an/inkomen/2026-08.ttl"
ROUNDS = 10
AT_ONCE = 20
SHARED = False  # as with one worker
Times = dict[str, list[float]]
T = TypeVar("T")


def proofs_of(key: ECKey, many: int, now: Instant) -> list[str]:
    """As the browser library makes them: without `ath`, a random `jti`."""
    public = key.as_dict(private=False)
    shown = {name: public[name] for name in ("kty", "crv", "x", "y")}
    head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": {**shown, "alg": "ES256"}}
    about = {"htu": BASE[:-1] + PATH, "htm": "GET", "iat": now // 1000}
    return [
        jwt.encode(head, {**about, "jti": str(uuid.uuid4())}, key, algorithms=["ES256"])
        for _ in range(many)
    ]


def each(work: Callable[[T], object], given: Sequence[T]) -> float:
    """Microseconds of the processor for one: what others do on the machine is not counted."""
    begun = time.thread_time()
    for one in given:
        work(one)
    return (time.thread_time() - begun) / len(given) * 1e6


def _whole(checker: Identifier, given: Iterable[CIMultiDict[str]], now: Instant) -> float:
    """The headers are made just before, as a server has just read them; that is not counted."""
    waiting, took = list(given), []
    for begin in range(0, len(waiting), AT_ONCE):
        few = [CIMultiDict(each_) for each_ in waiting[begin : begin + AT_ONCE]]
        took.append(each(lambda sent: checker.identify("GET", PATH, sent, now), few))
    return sum(took) / len(took)


def bare(key: ECKey) -> Callable[[str], object]:
    """The verification alone, everything else made ready before."""
    public = key.public_key
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TypeError("an EC key")
    ready: dict[str, tuple[bytes, bytes]] = {}
    signing = ec.ECDSA(hashes.SHA256())

    def prepare(proof: str) -> tuple[bytes, bytes]:
        parts = take_apart(proof)
        r, s = (int.from_bytes(parts.signature[a : a + 32], "big") for a in (0, 32))
        return encode_dss_signature(r, s), parts.signed

    def verify(proof: str) -> None:
        if proof not in ready:
            ready[proof] = prepare(proof)
        public.verify(*ready[proof], signing)

    return verify


def measure(folder: Path, many: int) -> Times:
    """Rounds of each part; the bare one is warmed first, so that its making ready is not in it."""
    key, now = ECKey.generate_key("P-256"), wall()
    keys, replay = open_keys(folder / "keys"), open_replay(folder / "proofs", now, shared=SHARED)
    given = Given("access", f"{BASE}an/profile/card#me", "app", frozenset({"openid", "webid"}))
    token = str(answer(BASE, keys, given, key.thumbprint(), now)["access_token"])
    checker = Identifier(BASE, tokens_of(BASE, keys), replay)
    url, times = (BASE[:-1] + PATH,), Times()

    def sent(proof: str) -> CIMultiDict[str]:
        return CIMultiDict({"Host": "kluis", "Authorization": f"DPoP {token}", "DPoP": proof})

    verify = bare(key)
    parts: dict[str, Callable[[str], object]] = {
        "bare ES256 verification": verify,
        "proof (parse, claims, verification)": lambda one: read_proof(one, "GET", url, now),
        "token (kept by digest)": lambda _one: checker.tokens.read(token, now),
    }

    def seen(one: Proof) -> None:
        replay.refuse_seen(one, now)

    gc.disable()
    for _ in range(ROUNDS):
        proofs = proofs_of(key, max(many // ROUNDS, 10), now)
        each(verify, proofs)
        for name, work in parts.items():
            times.setdefault(name, []).append(each(work, proofs))
        read = [read_proof(one, "GET", url, now) for one in proofs_of(key, len(proofs), now)]
        times.setdefault("replay", []).append(each(seen, read))
        times.setdefault("whole check", []).append(_whole(checker, map(sent, proofs), now))
    gc.enable()
    replay.close()
    return times


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    with tempfile.TemporaryDirectory() as folder:
        times = measure(Path(folder), many)
    alone = median(times["bare ES256 verification"])
    for name, took in times.items():
        print(
            f"{name:38}{median(took):8.1f} µs  best {min(took):6.1f}  {median(took) / alone:5.2f}"
        )
    ratios = [
        w / b for w, b in zip(times["whole check"], times["bare ES256 verification"], strict=True)
    ]
    print(f"whole check / verification, round by round: {median(ratios):.2f} (at most 1.5)")


if __name__ == "__main__":
    main()
