# SPDX-License-Identifier: EUPL-1.2
"""Changing the key that signs tokens, step by step, so that no login breaks (OP-5)."""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from identity.tokens.keys import (
    ACTIVE,
    RETIRED,
    UPCOMING,
    load_token_key,
    make_token_key,
    open_keys,
    sync_folder,
)
from identity.tokens.sealing import Seal
from pod.errors import Clash
from pod.instant import DAY, HOUR, Instant, text_of

# Verifiers keep a set of keys for a while; a new key is published that long before it signs.
PUBLISHED_FOR = DAY
# RS-4: no token lives longer than a day; then an hour for clocks.
KEPT_FOR = DAY + HOUR
_NAMED = re.compile(rf"(?:{UPCOMING}|{RETIRED})([0-9]{{1,15}})\.json", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed:
    """A token key: its `kid`, what it does, and since when."""

    kid: str
    state: str
    since: Instant
    path: Path


def list_keys(folder: Path, seal: Seal | None = None) -> Sequence[Listed]:
    """The keys there are: next, active, retired."""
    paths = [folder / ACTIVE, *sorted(folder.glob("tokens-*.json"))]
    found = [_listed(path, seal) for path in paths if path.exists()]
    changed = [key.since for key in found if key.state == "retired"]
    # The active one signs since the last change, or since it was made.
    return [
        replace(key, since=max(changed, default=key.since)) if key.state == "active" else key
        for key in found
    ]


def rotate(
    folder: Path, now: Instant, *, compromised: bool = False, seal: Seal | None = None
) -> Sequence[Listed]:
    """One step: let the next key sign, publish one after it, drop what verifies nothing any more.

    Clash when the next key is not known long enough elsewhere. `compromised` does not wait, and
    drops the old key and the one that lay beside it at once.
    """
    open_keys(folder, seal)
    with _alone(folder):
        found = list_keys(folder, seal)
        waiting = [key for key in found if key.state == "next"]
        if compromised:
            _replace(folder, found, now, seal)
        elif waiting:
            _promote(folder, waiting[0], now)
        make_token_key(folder / f"{UPCOMING}{now}.json", seal)
        for key in list_keys(folder, seal):
            named = key.state == "retired" and _NAMED.fullmatch(key.path.name)
            if named and key.since + KEPT_FOR <= now:
                key.path.unlink()
        sync_folder(folder)
        return list_keys(folder, seal)


def _promote(folder: Path, key: Listed, now: Instant) -> None:
    ready = key.since + PUBLISHED_FOR
    if ready > now:
        raise Clash(
            f"The next key is published too short a while; rotate again from {text_of(ready)} on."
        )
    # Cut off in between, the old key is there twice, which does no harm.
    os.link(folder / ACTIVE, folder / f"{RETIRED}{now}.json")
    os.replace(key.path, folder / ACTIVE)


def _replace(folder: Path, found: Sequence[Listed], now: Instant, seal: Seal | None) -> None:
    """What may be known to others is used no more, nor is anything believed that it signed."""
    draft = folder / f".tokens-{now}.json"
    make_token_key(draft, seal)
    os.replace(draft, folder / ACTIVE)
    for key in found:
        if key.path.name != ACTIVE:
            key.path.unlink()


def _listed(path: Path, seal: Seal | None) -> Listed:
    named = _NAMED.fullmatch(path.name)
    since = path.stat().st_mtime_ns // 1_000_000 if named is None else int(named[1])
    state = "retired"
    if path.name == ACTIVE:
        state = "active"
    elif path.name.startswith(UPCOMING):
        state = "next"
    return Listed(load_token_key(path, seal).thumbprint(), state, since, path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One rotation at a time."""
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
