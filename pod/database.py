# SPDX-License-Identifier: EUPL-1.2
"""What a database must do: units of work travel to it, and what they change commits at once."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

Value = int | float | str | bytes | None
P = ParamSpec("P")
T = TypeVar("T")


class Row(Protocol):
    """One row, read by column name."""

    def __getitem__(self, column: str, /) -> Any: ...


class Tx(Protocol):
    """An open transaction. A unit of work waits for nothing else."""

    async def one(self, sql: str, /, **values: Value) -> Row | None:
        """The first row, or None."""

    async def all(self, sql: str, /, **values: Value) -> Sequence[Row]:
        """Every row."""

    async def run(self, sql: str, /, **values: Value) -> int:
        """Change rows; how many were changed."""


Work = Callable[Concatenate[Tx, P], Coroutine[Any, Any, T]]


class Database(Protocol):
    """Where rows live. A unit may be run twice or rolled back, so it touches nothing but `tx`."""

    async def read(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit on one snapshot."""

    async def write(
        self, pod: str | None, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a unit as the one writer of *pod*; when this returns, it is on disk.

        Units that wait together share one commit; one that fails is rolled back alone.
        """

    async def close(self) -> None:
        """Answer every waiter, then let go of the files."""
