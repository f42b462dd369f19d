# SPDX-License-Identifier: EUPL-1.2
"""Checking receipts and log exports with nothing but published keys (invariants 7, 8), pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
import rfc8785

from acl.journal import GENESIS, chained
from consent.proof.signer import opened
from pod.errors import PodError, Unreadable

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a log file found; `trouble` names the first entry that breaks the chain."""

    entries: int
    head: Json | None
    signed: bool
    trouble: str | None = None

    @property
    def whole(self) -> bool:
        return self.trouble is None

    def __str__(self) -> str:
        """The outcome in one sentence."""
        if self.trouble is not None:
            return f"The chain is broken: {self.trouble}."
        ending = "and its head is signed" if self.signed else "but no keys were given for its head"
        return f"The chain of {self.entries} entries is whole, {ending}."


def verify_receipt(token: str | bytes, jwks: Json) -> dict[str, object]:
    """The receipt in a compact JWS that one of these keys signed; Unreadable otherwise."""
    text = token.decode("ascii", "replace") if isinstance(token, bytes) else token
    receipt = opened(text, jwks)
    record = receipt.get("hasRecordOfActivity")
    if receipt.get("type") != "ConsentReceipt" or not isinstance(record, dict):
        raise Unreadable("What was signed is not a receipt.")
    return receipt


def is_record_of(receipt: Json, record: Json) -> bool:
    """Whether the record is byte for byte the one that was signed, in canonical form (RFC 8785).

    A record as the API shows it carries its context, which a receipt has around it.
    """
    plain = {name: value for name, value in record.items() if name != "@context"}
    try:
        return canonical(plain) == canonical(receipt["hasRecordOfActivity"])
    except (rfc8785.CanonicalizationError, KeyError):
        return False


def canonical(value: object) -> bytes:
    """The one form that is hashed and signed."""
    return rfc8785.dumps(value)  # type: ignore[arg-type]  # its JSON type is recursive


def verify_log(
    file: str | Iterable[str | bytes],
    jwks: Json | None = None,
    heads: Sequence[str] = (),
) -> Checked:
    """Whether an export (KC-23), as text or as lines, is whole.

    Every entry must follow the one before it, and the signed head be that of the last. `heads`
    that were kept earlier must each be met on the way: they need the keys.
    """
    kept = _kept(heads, jwks)
    seq, prev, head = 0, GENESIS, None
    lines: Iterable[str | bytes] = file.split("\n") if isinstance(file, str) else file
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        document = _document(line)
        if head is not None or document is None:
            return Checked(seq, head, False, f"line {number} does not belong there")
        if "jws" in document:
            head = document
            continue
        trouble = _entry_trouble(document, seq + 1, prev)
        if trouble is not None:
            return Checked(seq, None, False, trouble)
        seq, prev = seq + 1, str(document["hash"])
        if kept.pop(seq, prev) != prev:
            return Checked(seq, None, False, f"entry {seq} is not the one that was signed earlier")
    if kept:
        gone = f"entry {min(kept)} was signed earlier and is not there"
        return Checked(seq, head, False, gone)
    return _with_head(seq, prev, head, jwks)


def _kept(heads: Sequence[str], jwks: Json | None) -> dict[int, object]:
    """The hashes that were signed, by number of the entry; Unreadable for a head of others."""
    if heads and jwks is None:
        raise Unreadable("Earlier heads can only be checked with the keys of the server.")
    payloads = [opened(head, jwks or {}) for head in heads]
    found = ((payload.get("seq"), payload.get("hash")) for payload in payloads)
    return {seq: hash_ for seq, hash_ in found if isinstance(seq, int) and seq > 0}


def _document(line: str | bytes) -> dict[str, object] | None:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _entry_trouble(entry: dict[str, object], seq: int, prev: str) -> str | None:
    name = f"entry {seq}"
    if entry.get("seq") != seq:
        return f"{name} is missing: what stands there is entry {str(entry.get('seq'))[:20]}"
    if entry.get("prev") != prev:
        return f"{name} does not follow the entry before it"
    try:
        fits = chained(entry) == entry.get("hash")
    except (ValueError, TypeError, RecursionError):
        fits = False
    return None if fits else f"{name} was changed: its hash is another one"


def _with_head(seq: int, prev: str, head: Json | None, jwks: Json | None) -> Checked:
    payload = None if head is None else head.get("payload")
    if head is None or not isinstance(payload, dict):
        return Checked(seq, None, False, "the signed head is missing: the end may be cut off")
    if payload.get("seq") != seq or payload.get("hash") != prev:
        missing = f"the head speaks of {str(payload.get('seq'))[:20]} entries, here are {seq}"
        return Checked(seq, payload, False, f"{missing}, or another last entry")
    if jwks is None:
        return Checked(seq, payload, False)
    try:
        signed = opened(str(head.get("jws")), jwks)
    except PodError:
        return Checked(seq, payload, False, "the signature of the head does not hold")
    if signed != payload:
        return Checked(seq, payload, False, "the head shown is not the head that was signed")
    return Checked(seq, payload, True)
