# SPDX-License-Identifier: EUPL-1.2
"""A change made in the text of a document, so that everything else stays as it was written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, NamedNode, Triple

from ldp.amendment import Amendment, Beyond, Layout, More
from ldp.cuts import Change, changed
from ldp.sameness import same
from ldp.spans import Said, Spans, Statement, Thing, read_spans
from ldp.spelling import Spelling, longest_first
from ldp.syntax import REST, TYPE
from pod import rdf
from pod.errors import Unprocessable, Unreadable
from pod.rdf import Statements

Subject = NamedNode | BlankNode | Triple
# A statement, the predicates among which something is said (none in a list), and what it is.
Part = tuple[Statement, Sequence[Said], Thing | None]
# Where to go on about a subject: the statement, its predicates and where these begin.
Hosts = dict[Subject, tuple[Statement, Sequence[Said], int]]


def edit(
    body: bytes,
    media_type: str,
    base: str,
    before: Statements,
    removed: Set[Triple],
    added: Iterable[Triple],
) -> bytes | None:
    """The document without the removed triples and with the added ones, else as it was.

    `before` is what the body says, the added triples are not in it. None when the text cannot be
    kept: the graph has to be written anew then.
    """
    kind = rdf.essence(media_type)
    if kind not in (rdf.TURTLE, rdf.N_TRIPLES):
        return None
    new = _in_order(added, before.triples)
    try:
        text = body.decode()
        draft = _Draft(text, base, before, kind == rdf.TURTLE)
        edited = draft.edited(removed, new).encode()
        found = rdf.parse(edited, kind, base).triples
    except (Beyond, Unreadable, Unprocessable):
        return None
    kept = (
        [triple for triple in before.triples if triple not in removed]
        if removed
        else (before.triples)
    )
    # Whatever this editor gets wrong is never kept.
    return edited if same(found, kept, new) else None


def _in_order(added: Iterable[Triple], before: Sequence[Triple]) -> list[Triple]:
    """An order that new labels do not decide, which differ each time; types come first."""
    triples, old = list(added), set[object]()
    if any(isinstance(term, BlankNode) for t in triples for term in (t.subject, t.object)):
        old = {term for t in before for term in (t.subject, t.object)}

    def rank(term: object) -> str:
        if not isinstance(term, BlankNode):
            return str(term)
        # Those that are there are numbered as they stand.
        return f"_{term.value.zfill(12)}" if term in old else "~"

    def key(triple: Triple) -> tuple[str, bool, str, str]:
        predicate = triple.predicate
        return rank(triple.subject), predicate != TYPE, predicate.value, rank(triple.object)

    return sorted(triples, key=key)


@dataclass(slots=True)
class _Draft:
    """A document that is about to change."""

    text: str
    base: str
    before: Statements
    turtle: bool
    labels: dict[BlankNode, str] = field(default_factory=dict)
    parts: Spans | None = None
    known: dict[int, dict[int, Part]] = field(default_factory=dict)

    @property
    def spans(self) -> Spans:
        """Where everything stands, looked up when it is needed."""
        if self.parts is None:
            self.parts = read_spans(self.text)
            if self.parts.count != len(self.before.triples):
                raise Beyond
        return self.parts

    def edited(self, removed: Set[Triple], added: Sequence[Triple]) -> str:
        """The text after the change; Beyond when it would have to be written anew."""
        triples = self.before.triples
        gone = frozenset(at for at, t in enumerate(triples) if t in removed)
        instead, rest = self._replaced(gone, added)
        groups = dict[Subject, list[Triple]]()
        for triple in rest:
            groups.setdefault(triple.subject, []).append(triple)
        hosts = self._hosts(groups, gone.difference(instead)) if self.turtle else {}
        self._find_labels(added, {s for s in groups if s not in hosts})
        changes = self._amended(gone, instead, hosts, groups)
        left = [(s, group) for s, group in groups.items() if s not in hosts]
        return self._extended(changed(self.text, changes), left)

    def _replaced(
        self, gone: frozenset[int], added: Sequence[Triple]
    ) -> tuple[Mapping[int, Triple], Iterable[Triple]]:
        """Which new triple takes the place of which old one that says the same of the same."""
        if not gone or not added:
            return {}, added
        waiting = dict[tuple[Subject, NamedNode], list[Triple]]()
        for triple in added:
            waiting.setdefault((triple.subject, triple.predicate), []).append(triple)
        instead = dict[int, Triple]()
        for place in sorted(gone):
            old = self.before.triples[place]
            new = waiting.get((old.subject, old.predicate))
            if new and old.predicate != REST:
                instead[place] = new.pop(0)
        taken = set(instead.values())
        return instead, [triple for triple in added if triple not in taken]

    def _hosts(self, subjects: Mapping[Subject, object], gone: frozenset[int]) -> Hosts:
        """For each subject the last place that speaks of it and stays, to go on there."""
        hosts, emptied, triples = Hosts(), Hosts(), self.before.triples
        for place in range(len(triples) - 1, -1, -1) if subjects else ():
            subject = triples[place].subject
            if subject in subjects and subject not in hosts:
                statement, all_said, _ = self._part(place)
                if all_said and place not in gone:
                    hosts[subject] = statement, all_said, all_said[0].start
                elif all_said:
                    emptied.setdefault(subject, (statement, all_said, all_said[0].start))
                if len(hosts) == len(subjects):
                    return hosts
        hosts = emptied | hosts
        silent = {s for s in subjects if s not in hosts and isinstance(s, BlankNode)}
        return hosts | self._empty_brackets(silent, gone) if silent else hosts

    def _empty_brackets(self, nodes: Set[Subject], gone: frozenset[int]) -> Hosts:
        """Nodes of which nothing is said where they stand as `[]`."""
        hosts = Hosts()
        for place, triple in enumerate(self.before.triples):
            node = triple.object
            if isinstance(node, BlankNode) and node in nodes and place not in gone:
                statement, _, thing = self._part(place)
                inside = None if thing is None else thing.inside
                if inside is not None and not inside.said and not inside.members:
                    hosts[node] = statement, (), inside.start
        return hosts

    def _part(self, place: int) -> Part:
        """Where the triple at this place is said."""
        statement = self.spans.holding(place)
        places = self.known.get(statement.start)
        if places is None:
            places = self.known[statement.start] = {
                statement.order[thing.number]: (statement, all_said, thing)
                for all_said, thing in _walk(statement)
            }
        return places.get(place, (statement, (), None))

    def _find_labels(self, added: Sequence[Triple], subjects: Set[Subject]) -> None:
        """The labels that blank nodes have, and new ones for those that are new."""
        wanted = {t.object: None for t in added} | dict.fromkeys(subjects)
        nodes = dict.fromkeys(node for node in wanted if isinstance(node, BlankNode))
        if not nodes:
            return
        for place, triple in enumerate(self.before.triples):
            for node in (triple.subject, triple.object):
                if isinstance(node, BlankNode) and node in nodes and node not in self.labels:
                    self.labels[node] = self._label(place, triple, node)
        count = 0
        for node in nodes:
            if node not in self.labels:
                while f"_:n{count}" in self.text:
                    count += 1
                self.labels[node] = f"_:n{count}"
                count += 1

    def _label(self, place: int, triple: Triple, node: BlankNode) -> str:
        statement, all_said, thing = self._part(place)
        start, end = statement.subject
        if triple.object == node and thing is not None:
            start, end = thing.start, thing.end
        elif all_said is not statement.said:
            raise Beyond
        label = self.text[start:end]
        if not label.startswith("_:"):
            # A node written as [ … ] or as a list cannot be spoken of from elsewhere.
            raise Beyond
        return label

    def _amended(
        self,
        gone: frozenset[int],
        instead: Mapping[int, Triple],
        hosts: Hosts,
        groups: Mapping[Subject, Sequence[Triple]],
    ) -> list[Change]:
        touched = {statement.start: statement for statement, _, _ in hosts.values()}
        for place in gone:
            statement = self.spans.holding(place)
            touched[statement.start] = statement
        more = {
            start: self._more(statement, all_said, groups[subject], gone.difference(instead))
            for subject, (statement, all_said, start) in hosts.items()
        }
        spelt = {
            place: self._spelling(self.spans.holding(place).start).term(triple.object)
            for place, triple in instead.items()
        }
        line = "\r\n" if "\r\n" in self.text else "\n"
        layout = Layout(self.text, line, "\t" if "\n\t" in self.text else "    ")
        return [
            change
            for statement in touched.values()
            for change in Amendment(layout, statement, gone, spelt, more).made()
        ]

    def _more(
        self,
        statement: Statement,
        all_said: Sequence[Said],
        triples: Sequence[Triple],
        gone: frozenset[int],
    ) -> More:
        spelling = self._spelling(statement.start)
        there = dict[NamedNode, int]()
        for said in all_said:
            places = [statement.order[thing.number] for thing in said.things]
            if not gone.issuperset(places):
                there[self.before.triples[places[0]].predicate] = said.start
        joined, new = dict[int, list[str]](), list[Triple]()
        for triple in triples:
            if triple.predicate in there:
                start = there[triple.predicate]
                joined.setdefault(start, []).append(spelling.term(triple.object))
            else:
                new.append(triple)
        return More(joined, list(_said(new, spelling)))

    def _spelling(self, place: int | None = None) -> Spelling:
        """How terms are written at a place, or at the end of the document."""
        if not self.turtle:
            return Spelling((), None, self.labels, short=False)
        prefixes = list(self.before.prefixes.items())
        if place is not None:
            # A prefix may be declared further down, or anew with another meaning.
            prefixes = [pair for pair in prefixes if self.spans.in_force(pair[0], place)]
        local = "<#" in self.text and not ("base" in self.text.lower() and self.spans.based)
        return Spelling(longest_first(prefixes), self.base if local else None, self.labels)

    def _extended(self, text: str, groups: Sequence[tuple[Subject, Sequence[Triple]]]) -> str:
        """New statements behind everything else, after a blank line."""
        if not groups:
            return text
        line = "\r\n" if "\r\n" in self.text else "\n"
        spelling = self._spelling()
        text = text + line if text and text[-1] not in "\r\n" else text
        if not self.turtle:
            return text + "".join(self._flat(groups, spelling, line))
        between = f" ;{line}    "
        new = [
            f"{spelling.term(subject)} {between.join(_said(group, spelling))} .{line}"
            for subject, group in groups
            if not isinstance(subject, Triple)
        ]
        gap = "" if not text or text.endswith(line * 2) else line
        return text + gap + line.join(new)

    def _flat(
        self, groups: Sequence[tuple[Subject, Sequence[Triple]]], spelling: Spelling, line: str
    ) -> Iterator[str]:
        for subject, group in groups:
            for triple in group:
                verb, value = spelling.verb(triple.predicate), spelling.term(triple.object)
                yield f"{spelling.term(subject)} {verb} {value} .{line}"


def _said(triples: Iterable[Triple], spelling: Spelling) -> Iterator[str]:
    """Predicates with their objects."""
    objects = dict[NamedNode, list[str]]()
    for triple in triples:
        objects.setdefault(triple.predicate, []).append(spelling.term(triple.object))
    for predicate, values in objects.items():
        yield f"{spelling.verb(predicate)} {', '.join(values)}"


def _walk(statement: Statement) -> Iterator[tuple[Sequence[Said], Thing]]:
    """Every object in it, with the predicates among which it stands (none in a list)."""
    parts: list[tuple[Sequence[Said], Sequence[Thing]]] = []
    if statement.inside is not None:
        parts += [(statement.inside.said, ()), ((), statement.inside.members)]
    parts.append((statement.said, ()))
    while parts:
        all_said, members = parts.pop()
        things = [(all_said, thing) for said in all_said for thing in said.things]
        things += [((), thing) for thing in members]
        for around, thing in things:
            yield around, thing
            if thing.inside is not None:
                parts += [(thing.inside.said, ()), ((), thing.inside.members)]
