# SPDX-License-Identifier: EUPL-1.2
"""Who lately read under a grant: where to look first, and never whether they may."""

from dataclasses import dataclass, field

MOST = 10_000


@dataclass(slots=True)
class Readers:
    """WebIDs whose last read needed a write for its log entry, the oldest forgotten first.

    A guess that fails costs a turn of the writer and changes no answer: the decision is taken anew
    in the unit that reads, whichever unit that is. So each worker may have guesses of its own.
    """

    most: int = MOST
    _known: dict[str, None] = field(default_factory=dict)

    def likely(self, webid: str | None) -> bool:
        """Whether the next read will probably be under a grant as well."""
        return webid is not None and webid in self._known

    def note(self, webid: str | None, *, under_grant: bool) -> None:
        """How the last read went."""
        if webid is None:
            return
        self._known.pop(webid, None)
        if under_grant:
            self._known[webid] = None
            if len(self._known) > self.most:
                del self._known[next(iter(self._known))]
