# SPDX-License-Identifier: EUPL-1.2
"""Joins the pages to the resource operations: what a page changes, a program could have."""

from functools import partial

from dashboard.keeping import Change, Keeping
from identity.who import Who
from ldp.ask import Ask, Body, House
from ldp.conditions import read_conditions
from ldp.operations import perform
from ldp.renaming import rename
from pod.iri import Iri, refuse_reserved


def keeping_of(house: House) -> Keeping:
    """The operations over this house."""
    return Keeping(partial(_change, house), partial(_rename, house))


async def _change(house: House, change: Change) -> int:
    refuse_reserved(change.target)
    conditions = {}
    if change.version is not None:
        conditions["If-Match"] = f'"{change.version}"'
    if change.new:
        conditions["If-None-Match"] = "*"
    ask = Ask(
        change.method,
        change.target,
        change.who,
        read_conditions(conditions),
        content_type=change.media_type,
        body=None if change.pieces is None else Body(change.pieces, change.length),
    )
    answer = await perform(house, ask)
    answer.close()
    return answer.status


async def _rename(house: House, who: Who, source: Iri, target: Iri) -> None:
    refuse_reserved(target)
    await rename(house, who, source, target)
