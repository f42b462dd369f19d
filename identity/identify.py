# SPDX-License-Identifier: EUPL-1.2
"""Headers to Who: RS-1 to RS-8; others are asked about tokens of other issuers (RS-10)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from identity.sign_in.tries import Tries
from identity.tokens.dpop import Proof, read_proof
from identity.tokens.foreign_issuers import ForeignIssuers
from identity.tokens.foreign_token import ForeignToken, read_foreign
from identity.tokens.jose import BadToken
from identity.tokens.replay import Replay
from identity.tokens.token import Token, Tokens
from identity.who import ANYONE, NOTHING_NAMED, Named, Who
from pod.errors import NotSignedIn, Unreadable
from pod.instant import Instant
from pod.iri import canonical_path
from pod.national_number import has_national_number

LONGEST_CODE = 64


class Headers(Protocol):
    """What a request's headers can be asked."""

    def get(self, name: str, /) -> str | None: ...
    def getall(self, name: str, default: Sequence[str], /) -> Sequence[str]: ...
    def __contains__(self, name: object, /) -> bool: ...


# How many tokens that nobody here has seen one address may have looked up in a while.
MOST_LOOKED_UP = 300


@dataclass(frozen=True, slots=True)
class Abroad:
    """Who is asked about tokens of other issuers; `tries` counts by address (SR: any caller can
    make this server fetch two addresses of their choice)."""

    issuers: ForeignIssuers
    tries: Tries

    async def believe(self, token: ForeignToken, address: str, now: Instant) -> None:
        if not self.issuers.known(token, now):
            self.tries.count([(f"asks of issuers {address}", MOST_LOOKED_UP)], now)
        try:
            await self.issuers.believe(token, now)
        except BadToken as error:
            raise _invalid(f"The token is refused: {error}.") from error


@dataclass(frozen=True, slots=True)
class Identifier:
    """Finds out who asks, for one server. Without `abroad` only our own tokens count."""

    base: str
    tokens: Tokens
    replay: Replay
    abroad: Abroad | None = None

    def identify(self, method: str, raw_path: str, headers: Headers, now: Instant) -> Who:
        """Who sends this request; NotSignedIn for credentials that do not hold (RS-13).

        AnotherIssuer when others have to be asked first.
        """
        named = read_named(headers)
        sent = _sent(headers)
        if sent is None:
            return ANYONE if named is NOTHING_NAMED else Who(named=named)
        who = self._holder(method, raw_path, *sent, now)
        return who if named is NOTHING_NAMED else replace(who, named=named)

    async def identify_foreign(
        self, method: str, raw_path: str, headers: Headers, now: Instant, address: str
    ) -> Who:
        """The same for a token of another issuer; the network comes last (RS-2 to RS-8 first)."""
        sent = _sent(headers)
        if sent is None or self.abroad is None:
            raise _invalid("The token is of another issuer, which this server does not ask.")
        try:
            read = read_foreign(sent[0], now)
        except BadToken as error:
            raise _invalid(f"The token is refused: {error}.") from error
        proof = self._proved(method, raw_path, sent[1], read.token, now)
        await self.abroad.believe(read, address, now)
        self.replay.refuse_seen(proof, now)
        return replace(read.token.who, named=read_named(headers))

    def _holder(self, method: str, raw_path: str, token: str, sent: str, now: Instant) -> Who:
        read = self.tokens.read(token, now)
        self.replay.refuse_seen(self._proved(method, raw_path, sent, read, now), now)
        return read.who

    def _proved(self, method: str, raw_path: str, sent: str, read: Token, now: Instant) -> Proof:
        proof = read_proof(sent, method, self._spellings(raw_path), now, read.ath)
        if read.thumbprint is None or read.thumbprint != proof.thumbprint:
            raise _invalid("The token is bound to another key.")  # RS-7
        return proof

    def _spellings(self, raw_path: str) -> Sequence[str]:
        # RS-9: the raw path as it came; clients may also sign the one spelling we answer with.
        origin, canonical = self.base[:-1], canonical_path(raw_path)
        as_sent = origin + raw_path
        return (as_sent,) if canonical == raw_path else (as_sent, origin + canonical)


def _sent(headers: Headers) -> tuple[str, str] | None:
    """Token and proof, None when there are no credentials at all."""
    given = headers.getall("Authorization", ())
    proofs = headers.getall("DPoP", ())
    if len(given) > 1 or len(proofs) > 1:
        raise _invalid("Send one Authorization and one DPoP header.")  # RS-1
    if not given:
        return None
    scheme, _, token = given[0].strip().partition(" ")
    if scheme.lower() != "dpop":
        # RS-2, T-20: no Bearer; a bound token sent so would lose what binds it.
        raise _invalid("Send the token with the scheme DPoP and a proof.")
    if not proofs:
        raise _invalid("A token with the scheme DPoP needs the header DPoP.")
    return token.strip(), proofs[0]


def read_named(headers: Headers) -> Named:
    """KC-19: what the caller says of the use; Unreadable `bad-header` for what cannot be meant."""
    # Written out: this runs for every request, and a loop costs more than the four looks.
    if not (
        "Kluis-Grant" in headers
        or "Kluis-Purpose" in headers
        or "Kluis-Case" in headers
        or "Kluis-Employee" in headers
    ):
        return NOTHING_NAMED
    return Named(
        grant=_named(headers, "Kluis-Grant", _require_address),
        purpose=_named(headers, "Kluis-Purpose", _require_address),
        case=_named(headers, "Kluis-Case", _require_code),
        employee=_named(headers, "Kluis-Employee", _require_code),
    )


_IRI = re.compile(r"https?://[!-;=?-~]{1,2000}", re.ASCII)


def _named(headers: Headers, name: str, require: Callable[[str, str], None]) -> str | None:
    values = headers.getall(name, ())
    if len(values) > 1:
        raise Unreadable(f"Send one header {name}.", problem="bad-header")
    for value in values:
        require(name, value)
        return value
    return None


def _require_address(name: str, value: str) -> None:
    if not _IRI.fullmatch(value):
        raise Unreadable(
            f"{name} is the bare address of one thing, without brackets.", problem="bad-header"
        )


def _require_code(name: str, value: str) -> None:
    if len(value) > LONGEST_CODE or not value.isprintable():
        raise Unreadable(
            f"{name} is a code of at most {LONGEST_CODE} characters.", problem="bad-header"
        )
    if has_national_number(value):
        # T-48: the log must never hold one.
        raise Unreadable(f"{name} looks like a national number.", problem="bad-header")


def _invalid(detail: str) -> NotSignedIn:
    return NotSignedIn(detail, problem="invalid-token")
