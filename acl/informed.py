# SPDX-License-Identifier: EUPL-1.2
"""A database whose units are told about groups elsewhere, which they cannot ask themselves."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from acl.afar import GroupsWanted, Told
from acl.remote import Members, RemoteGroups
from pod.database import Database, P, Tx, Work

T = TypeVar("T")
Unit = Callable[[Tx], Coroutine[Any, Any, T]]
# One decision asks for four documents at most, and one unit makes several decisions.
MOST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Informed(Database):
    """Runs each unit once; only one that breaks off for a group runs again, told what it wanted."""

    db: Database
    groups: RemoteGroups

    async def read(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await _told(self.groups, self.db.read, lambda tx: work(tx, *args, **kwargs))

    async def write(
        self, pod: str | None, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        run = partial(self.db.write, pod)
        return await _told(self.groups, run, lambda tx: work(tx, *args, **kwargs))

    async def close(self) -> None:
        await self.db.close()


def informed(db: Database, groups: RemoteGroups | None) -> Database:
    """The database itself when no host was named: then nothing stands in between."""
    return db if groups is None else Informed(db, groups)


async def _told(groups: RemoteGroups, run: Callable[[Unit[T]], Awaitable[T]], unit: Unit[T]) -> T:
    """What is fetched is fetched outside the unit; the last time it is told no more."""
    told: Mapping[str, Members] = {}
    rounds = 0
    while True:
        try:
            return await run(partial(_with, unit, told, rounds == MOST_ROUNDS))
        except GroupsWanted as wanted:
            told = {**told, **await groups.learn(wanted.documents)}
            rounds += 1


async def _with(unit: Unit[T], told: Mapping[str, Members], last: bool, tx: Tx) -> T:
    return await unit(Told(tx, told, last))
