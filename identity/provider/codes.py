# SPDX-License-Identifier: EUPL-1.2
"""Authorization codes: a minute, one use, kept as a hash; a second use ends it all (OP-29)."""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

import orjson

from identity.provider.apps import end_access, is_standing, note_use
from identity.provider.authorize import Wish
from identity.provider.provider import Given
from identity.provider.token_request import TokenRefusal
from pod.database import Row, Tx
from pod.instant import SECOND, Instant

LIFE = 60 * SECOND
# A used code is remembered as long as tokens of its first use can live.
REMEMBER = 30 * 24 * 3600 * SECOND
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Bound:
    """What a code is bound to besides its access."""

    redirect_uri: str
    challenge: str
    dpop_jkt: str | None


@dataclass(frozen=True, slots=True)
class Presented:
    """What a client shows to have a code changed for tokens; `jkt` is the key of its proof."""

    code: str
    client: str
    redirect_uri: str
    verifier: str
    jkt: str


def new_code() -> str:
    """256 random bits; made outside the unit of work and kept nowhere."""
    return secrets.token_urlsafe(32)


def hash_of(value: str) -> str:
    """What is kept of a code (OP-40)."""
    return sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


async def add_code(tx: Tx, code: str, given: Given, wish: Wish, now: Instant) -> None:
    """Keep what the code stands for."""
    await tx.run("DELETE FROM code WHERE expires < :old", old=now - REMEMBER)
    params = {
        "client": given.client,
        "webid": given.webid,
        "scopes": sorted(given.scopes),
        "offline": given.offline,
        "signed_in": given.signed_in,
        "acr": given.acr,
        "nonce": wish.nonce,
        "redirect_uri": wish.redirect_uri,
        "challenge": wish.challenge,
        "dpop_jkt": wish.dpop_jkt,
    }
    await tx.run(
        "INSERT INTO code (hash, access, params, created, expires)"
        " VALUES (:hash, :access, :params, :now, :expires)",
        hash=hash_of(code),
        access=given.access,
        params=orjson.dumps(params).decode(),
        now=now,
        expires=now + LIFE,
    )


def require_verifier(verifier: str | None) -> str:
    """RFC 7636 §4.1; its form is looked at before anything else (OP-36)."""
    if verifier is None:
        raise TokenRefusal("invalid_request", "The parameter code_verifier is missing.")
    if not _VERIFIER.fullmatch(verifier):
        raise TokenRefusal("invalid_request", "code_verifier has 43 to 128 plain characters.")
    return verifier


async def redeem(tx: Tx, shown: Presented, now: Instant) -> Given | str:
    """Use the code; or why not, in a sentence: what a reuse ends must be kept, so nothing raises.

    A code that fits nothing else is not used up by that: who stole it could otherwise keep the
    app of its owner out.
    """
    row = await tx.one("SELECT * FROM code WHERE hash = :hash", hash=hash_of(shown.code))
    if row is None:
        return "The code is unknown or has expired."
    if row["used"] is not None:
        # OP-29, RFC 6749 §4.1.2: all that came from the first use ends with it.
        await end_access(tx, row["access"], now)
        return "The code was used before. What it gave is ended."
    if row["expires"] <= now:
        return "The code is unknown or has expired."
    given, bound = _read(row)
    wrong = _mismatch(shown, given, bound)
    if wrong is not None:
        return wrong
    if not await is_standing(tx, given.access):
        return "This sign-in was ended."
    await tx.run("UPDATE code SET used = :now WHERE hash = :hash", now=now, hash=row["hash"])
    await note_use(tx, given.access, now)
    return given


def _mismatch(shown: Presented, given: Given, bound: Bound) -> str | None:
    if shown.client != given.client:
        return "The code was given to another client."
    if shown.redirect_uri != bound.redirect_uri:
        return "redirect_uri is not the one that the code was sent to."
    if not hmac.compare_digest(_challenge_of(shown.verifier), bound.challenge):
        return "code_verifier does not fit the code."
    if bound.dpop_jkt not in (None, shown.jkt):
        return "The code is bound to another key."
    return None


def _challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _read(row: Row) -> tuple[Given, Bound]:
    said = orjson.loads(row["params"])
    given = Given(
        access=row["access"],
        webid=said["webid"],
        client=said["client"],
        scopes=frozenset(said["scopes"]),
        offline=said["offline"],
        signed_in=said["signed_in"],
        acr=said["acr"],
        nonce=said["nonce"],
    )
    return given, Bound(said["redirect_uri"], said["challenge"], said["dpop_jkt"])
