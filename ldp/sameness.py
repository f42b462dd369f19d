# SPDX-License-Identifier: EUPL-1.2
"""Whether two graphs are one but for the labels of their blank nodes, in linear time."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

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
    if triples == wanted:
        # Most changes leave the numbers of blank nodes alone.
        return True
    pairs = zip(found, kept, strict=False)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    names = _names(found, alike, kept[alike:], added)
    return names is not None and {_named(triple, names) for triple in triples} == wanted


def _names(
    found: Sequence[Triple], alike: int, kept: Iterable[Triple], added: Iterable[Triple]
) -> Names | None:
    """A name for every blank node; those in the triples that are alike keep theirs."""
    names = {node: node for triple in found[:alike] for node in _blanks(triple)}
    taken = set(names)
    ahead, new = deque(filter(_blanks, kept)), deque(filter(_blanks, added))
    for triple in found[alike:]:
        if all(node in names for node in _blanks(triple)):
            continue
        pairs = _taken(triple, (ahead, new), names, taken)
        if pairs is None:
            return None
        names.update(pairs)
        taken.update(pairs.values())
    return names


def _blanks(triple: Triple) -> list[BlankNode]:
    return [node for node in (triple.subject, triple.object) if isinstance(node, BlankNode)]


def _taken(
    triple: Triple, ahead: Iterable[deque[Triple]], names: Names, taken: set[BlankNode]
) -> Names | None:
    """The names in the first triple that this one can be, which is taken away; None without any."""
    for candidates in ahead:
        while candidates and taken.issuperset(_blanks(candidates[0])):
            candidates.popleft()
        for at, other in enumerate(islice(candidates, _AHEAD)):
            pairs = _pairs(triple, other, names, taken)
            if pairs is not None:
                del candidates[at]
                return pairs
    return None


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
