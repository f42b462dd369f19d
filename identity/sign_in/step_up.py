# SPDX-License-Identifier: EUPL-1.2
"""Where a session is too old, or not sure enough of its person: what it lacks, where to get it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from identity.sign_in.assurance import Level, level_of, values_from
from identity.upstream.providers import Provider
from pod.database import Tx
from pod.errors import Refused
from pod.instant import SECOND, Instant
from pod.iri import Iri

PROBLEM = "step-up"


@dataclass(frozen=True, slots=True)
class Need:
    """What an act asks of the sign-in: a level of eIDAS, and its age in milliseconds at most."""

    max_age: int
    least: Level = Level.NONE

    @property
    def seconds(self) -> int:
        return self.max_age // SECOND


def is_enough(need: Need, acr: str | None, signed_in: Instant | None, moment: Instant) -> bool:
    """FED-4: sure enough and of late; both times on one clock."""
    fresh = signed_in is not None and moment - signed_in <= need.max_age
    return fresh and level_of(acr) >= need.least


async def ways_up(tx: Tx, providers: Sequence[Provider], account: str) -> tuple[Provider, ...]:
    """The providers that this account is tied to, in the order of the settings (FED-2)."""
    if not providers:
        return ()
    rows = await tx.all("SELECT subject FROM login WHERE account = :a AND kind = 'oidc'", a=account)
    issuers = {str(row["subject"]).partition(" ")[0] for row in rows}
    return tuple(each for each in providers if each.issuer in issuers)


def way_to(need: Need, ways: Sequence[Provider]) -> Provider | None:
    """The first provider that can give what is lacking; None leads to our own sign-in."""
    if need.least == Level.NONE:
        return next(iter(ways), None)
    return next((each for each in ways if values_from(need.least, each.means)), None)


def place_of(need: Need, ways: Sequence[Provider], next_: str = "") -> str:
    """The path to send a browser to; it comes back to `next_`, with what was chosen in it."""
    back = {"next": next_} if next_ else {}
    provider = way_to(need, ways)
    if provider is None:
        return "/-/sign-in" + (f"?{urlencode(back, safe='/')}" if back else "")
    level = {} if need.least == Level.NONE else {"level": need.least.word}
    query = {"purpose": "step-up", **level, "max_age": str(need.seconds), **back}
    return f"/.account/login/oidc/{provider.name}/start/?{urlencode(query, safe='/')}"


def step_up(base: Iri, need: Need, ways: Sequence[Provider]) -> Refused:
    """KLU-4: what a script is told; a browser opens `location` and comes back."""
    provider = way_to(need, ways)
    values = () if provider is None else values_from(need.least, provider.means)
    return Refused(
        "Sign in once more for this.",
        problem=PROBLEM,
        more={
            "acr_values": " ".join(values),
            "max_age": need.seconds,
            "location": base.rstrip("/") + place_of(need, ways),
        },
    )
