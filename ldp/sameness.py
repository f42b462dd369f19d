# SPDX-License-Identifier: EUPL-1.2
"""Whether two graphs are one but for the labels of their blank nodes, in linear time."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice

from pyoxigraph import BlankNode, Triple

_AHEAD = 32

Names = dict[BlankNode, BlankNode]


def same(found: Sequence[Triple], kept: Sequence[Triple], added: Sequence[Triple]) -> bool:
    """Whether the triples of a document are the kept and the added ones.

    Both are in about the order in which they should be met. A name for each blank node is looked
    for along that order alone; with the names that are found the graphs are compared as sets. So
    a yes is certain, and a no may be a search that was given up.
    """
    triples, wanted = set(found), {*kept, *added}
    nameless = list(filter(_has_blank, found))
    if not nameless:
        return triples == wanted
    names = _names(nameless, filter(_has_blank, kept), filter(_has_blank, added))
    return names is not None and {_named(triple, names) for triple in triples} == wanted


def _has_blank(triple: Triple) -> bool:
    return isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode)


def _names(
    found: Iterable[Triple], kept: Iterable[Triple], added: Iterable[Triple]
) -> Names | None:
    names, taken = Names(), set[BlankNode]()
    ahead = deque(kept), deque(added)
    for triple in found:
        pairs = _taken(triple, ahead, names, taken)
        if pairs is None:
            return None
        names.update(pairs)
        taken.update(pairs.values())
    return names


def _taken(
    triple: Triple, ahead: Iterable[deque[Triple]], names: Names, taken: set[BlankNode]
) -> Names | None:
    """Take away what the triple is, best something that needs no new name; None without any."""
    best: tuple[deque[Triple], int, Names] | None = None
    for candidates in ahead:
        for at, other in enumerate(islice(candidates, _AHEAD)):
            pairs = _pairs(triple, other, names, taken)
            if pairs is not None and (best is None or not pairs):
                best = candidates, at, pairs
                if not pairs:
                    break
        if best is not None and not best[2]:
            break
    if best is None:
        return None
    del best[0][best[1]]
    return best[2]


def _pairs(triple: Triple, other: Triple, names: Names, taken: set[BlankNode]) -> Names | None:
    """What the blank nodes of a triple are called if it is the other; None when it is not."""
    if triple.predicate != other.predicate:
        return None
    pairs = Names()
    for one, two in ((triple.subject, other.subject), (triple.object, other.object)):
        if isinstance(one, BlankNode) and isinstance(two, BlankNode):
            known = names.get(one) or pairs.get(one)
            if known is None and two not in taken and two not in pairs.values():
                pairs[one] = two
            elif known != two:
                return None
        elif one != two:
            return None
    return pairs


def _named(triple: Triple, names: Names) -> Triple:
    subject, value = triple.subject, triple.object
    if isinstance(subject, BlankNode):
        subject = names.get(subject, subject)
    if isinstance(value, BlankNode):
        value = names.get(value, value)
    return Triple(subject, triple.predicate, value)
