# SPDX-License-Identifier: EUPL-1.2
"""What the rooms of consent work with, given once by server.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from acl.soon import Soon
from consent.proof.signer import Signer
from pod.database import Database
from pod.files import Files
from pod.instant import DAY, Instant, Now
from pod.iri import Iri


@dataclass(frozen=True, slots=True)
class Rates:
    """KC-11: how much one agency may ask, and how long a question waits."""

    per_hour: int = 1_000
    open_per_subject: int = 20
    deadline: Instant = 30 * DAY


PLAIN_RATES = Rates()
DEVELOPMENT_RATES = Rates(per_hour=100_000, open_per_subject=1_000)


@dataclass(frozen=True, slots=True)
class House:
    """Where we are, where rows and large bodies live, what time it is, and whose signature."""

    base: Iri
    db: Database
    files: Files
    now: Now
    signer: Signer
    rates: Rates = PLAIN_RATES
    contexts: Mapping[str, object] = field(default_factory=dict)
    soon: Soon | None = None

    def name(self, kind: str, code: str) -> Iri:
        """The full name of something of ours, from the last part of its address (KC-4)."""
        return Iri(f"{self.base}.consent/{kind}/{code}")
