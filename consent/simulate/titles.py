# SPDX-License-Identifier: EUPL-1.2
"""What agencies may stand on for one thing: grants and accesses by law, in force or not (KC-27)."""

from dataclasses import dataclass

from consent.grants.permits import covers
from consent.grants.sweeps import open_in
from consent.law.reach import concerns_pod, covering
from consent.law.rows import of_classes, statutory_of
from consent.law.statutory import OPEN
from consent.lists import Page
from pod.database import Tx
from pod.instant import Instant
from pod.resource import Found

MOST = 200


@dataclass(frozen=True, slots=True)
class Title:
    """A grant or an access by law about the thing. `client` is the one app that it is for."""

    kind: str
    id: str
    agency: str
    client: str | None
    purpose: str
    until: Instant


async def titles(tx: Tx, found: Found) -> list[Title]:
    """All that are about this name and not over by their row."""
    given = [
        Title("grant", grant.id, grant.agency, grant.client, grant.purpose, grant.valid_until)
        for grant in await open_in(tx, found.pod)
        if covers(grant, found.iri)
    ]
    return [*given, *await _by_law(tx, found)]


async def _by_law(tx: Tx, found: Found) -> list[Title]:
    owners = await tx.all("SELECT webid FROM owner WHERE pod = :pod", pod=found.pod)
    every = list(await of_classes(tx))
    for row in owners:
        every += await statutory_of(tx, None, str(row["webid"]), False, Page(MOST))
    return [
        Title("statutory", each.id, each.agency, None, each.purpose, each.valid_until)
        for each in every
        if each.state in OPEN
        and covering(each, found.iri, found.resource)
        and await concerns_pod(tx, each, found.pod)
    ]
