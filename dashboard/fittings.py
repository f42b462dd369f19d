# SPDX-License-Identifier: EUPL-1.2
"""What the pages for signing in and for settings work with, besides the house."""

from dataclasses import dataclass, field
from pathlib import Path

from dashboard.keeping import Keeping
from identity.accounts.recovery import Recovery
from identity.outward.fetched import Fetch
from identity.sign_in.passwords import SHORTEST, Passwords
from identity.upstream.providers import Provider
from pod.instant import MINUTE

FRESH = 10 * MINUTE  # KLU-3
VERY_FRESH = 5 * MINUTE  # ui.md §9: keys


@dataclass(frozen=True, slots=True)
class Fittings:
    """`fetch` is None where no apps sign in, `recovery` where no mail goes out.

    `mail` is the folder of letters that a developer may read in a page; `registers` whether
    anybody may make an account by mail.
    """

    passwords: Passwords = field(default_factory=Passwords)
    fetch: Fetch | None = None
    recovery: Recovery | None = None
    providers: tuple[Provider, ...] = ()
    shortest: int = SHORTEST
    dev: bool = False
    mail: Path | None = None
    keeping: Keeping | None = None
    registers: bool = False
