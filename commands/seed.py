# SPDX-License-Identifier: EUPL-1.2
"""The seed file: accounts, agencies and purposes, added where they are not there yet."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from commands.settings import WrongUsage
from consent.registry.seed import seed_registry
from identity.accounts.seed import seed_accounts
from pod.database import Database
from pod.errors import PodError
from pod.instant import Now
from pod.iri import Iri

MEMBERS = ("accounts", "agencies", "purposes")


@dataclass(frozen=True, slots=True)
class Seed:
    """What a seed file holds: Community Solid Server's array, or the object of KC-8."""

    accounts: list[Any] = field(default_factory=list)
    agencies: list[Any] = field(default_factory=list)
    purposes: list[Any] = field(default_factory=list)


def read_seed(path: Path) -> Seed:
    """The seed; WrongUsage says what is wrong with the file."""
    try:
        content = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise WrongUsage(f"The seed file {path} cannot be read: {error}.") from error
    if isinstance(content, list):
        return Seed(accounts=content)
    if not isinstance(content, dict) or not all(isinstance(v, list) for v in content.values()):
        raise WrongUsage(
            f"The seed file {path} is neither a list of accounts nor an object of lists."
        )
    unknown = sorted(content.keys() - set(MEMBERS))
    if unknown:
        raise WrongUsage(f"The seed file {path} has {unknown[0]!r}; it knows {', '.join(MEMBERS)}.")
    return Seed(**content)


async def plant(db: Database, base: Iri, path: Path, now: Now) -> None:
    """Add what is not there yet, also to a folder that was in use before (KC-8)."""
    seed = read_seed(path)
    try:
        await seed_accounts(db, base, seed.accounts, now)
        await seed_registry(db, base, seed.agencies, seed.purposes, now())
    except PodError as error:
        raise WrongUsage(f"The seed file {path} does not fit: {error.detail}") from error
