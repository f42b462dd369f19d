# SPDX-License-Identifier: EUPL-1.2
"""What groups on other hosts add to a decision, or which documents it has to be told first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from acl.groups import document_of
from acl.modes import Mode
from acl.remote import NOBODY, Members, RemoteGroups
from acl.rules import Rule
from pod.database import Row, Tx, Value
from pod.iri import Iri

MOST_IN_ONE_ACL = 4


class GroupsWanted(Exception):
    """A unit of work broke off: fetch these documents, then run it again (acl/informed.py)."""

    def __init__(self, documents: Collection[str]) -> None:
        super().__init__(f"{len(documents)} group documents are wanted")
        self.documents = tuple(documents)


@dataclass(frozen=True, slots=True)
class Told(Tx):
    """A transaction whose unit is told what it wants; `last` when it is told no more."""

    tx: Tx
    told: Mapping[str, Members]
    last: bool

    async def one(self, sql: str, /, **values: Value) -> Row | None:
        return await self.tx.one(sql, **values)

    async def all(self, sql: str, /, **values: Value) -> Sequence[Row]:
        return await self.tx.all(sql, **values)

    async def run(self, sql: str, /, **values: Value) -> int:
        return await self.tx.run(sql, **values)


def modes_from_afar(
    tx: Tx, remote: RemoteGroups, rules: Collection[Rule], webid: str, modes: Mode
) -> Mode:
    """The modes with what remote groups add; GroupsWanted when that is not known yet.

    Pure: what is not known is asked for outside the unit, which then runs once more. A unit that
    nobody would tell goes on without: a group that is not known has no members.
    """
    far = [(rule, group) for rule in rules for group in sorted(rule.groups) if remote.serves(group)]
    counted = sorted({document_of(group) for _, group in far})[:MOST_IN_ONE_ACL]
    unknown: list[tuple[Rule, Iri]] = []
    for rule, group in far:
        document = document_of(group)
        members = _told(tx, remote, document) if document in counted else NOBODY
        if members is None:
            unknown.append((rule, document))
        elif (group, webid) in members:
            modes |= rule.modes
    wanted = sorted({document for rule, document in unknown if rule.modes & ~modes})
    if wanted and isinstance(tx, Told) and not tx.last:
        raise GroupsWanted(wanted)
    return modes


def _told(tx: Tx, remote: RemoteGroups, document: Iri) -> Members | None:
    if isinstance(tx, Told) and document in tx.told:
        return tx.told[document]
    return remote.known(document)
