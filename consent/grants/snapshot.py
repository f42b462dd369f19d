# SPDX-License-Identifier: EUPL-1.2
"""One look at the rows for several questions that need the same ones, within one decision."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pod.database import Row, Tx, Value

_Question = tuple[str, tuple[tuple[str, Value], ...]]


@dataclass(slots=True)
class Snapshot(Tx):
    """A transaction in which nothing changes while it is used: the same question is asked once.

    Each statement costs a change of threads' turns, more than the statement itself.
    """

    tx: Tx
    _found: dict[_Question, Row | None] = field(default_factory=dict)

    async def one(self, sql: str, /, **values: Value) -> Row | None:
        question = (sql, tuple(values.items()))
        if question not in self._found:
            self._found[question] = await self.tx.one(sql, **values)
        return self._found[question]

    async def all(self, sql: str, /, **values: Value) -> Sequence[Row]:
        return await self.tx.all(sql, **values)

    async def run(self, sql: str, /, **values: Value) -> int:
        self._found.clear()
        return await self.tx.run(sql, **values)
