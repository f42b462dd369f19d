# SPDX-License-Identifier: EUPL-1.2
"""The outcome of authentication, and what the caller says about the use."""

from dataclasses import dataclass

from pod.instant import Instant


@dataclass(frozen=True, slots=True)
class Named:
    """What the caller says of a read under a grant (KC-19); nothing of it is proof."""

    grant: str | None = None
    purpose: str | None = None
    case: str | None = None
    employee: str | None = None


NOTHING_NAMED = Named()


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks: WebID, client and issuer as the token proves them; None where it proves nothing.

    `access` is the row of `client_access` that a token of our own stands on: whether it still
    stands is asked in the snapshot that decides (RS-10). `origin` is the request's Origin.
    """

    webid: str | None = None
    client: str | None = None
    issuer: str | None = None
    scopes: frozenset[str] = frozenset()
    access: str | None = None
    signed_in: Instant | None = None
    acr: str | None = None
    origin: str | None = None
    named: Named = NOTHING_NAMED
    request_id: str = ""


ANYONE = Who()
