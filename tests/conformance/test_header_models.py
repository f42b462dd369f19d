# SPDX-License-Identifier: EUPL-1.2
"""Names and headers in every spelling mean what was meant: built from a meaning, read back."""

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ldp.conditions import check_read, check_write, not_modified, read_conditions
from ldp.link import types_of
from ldp.negotiate import choose
from pod.errors import Stale
from pod.instant import Instant
from pod.iri import canonical_path

UNRESERVED = "abcXYZ019-._~"
SUBDELIMS = "!$&'()*+,;=:@"
OTHER = ' "<>^`{|}é€ß😀ñ/%?#[]'
MOMENT = Instant(1_795_000_000_000)


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """One segment: some spelling of it, and the one that it has in the end (SP-18)."""
    raw, canonical = "", ""
    for char in draw(st.lists(st.sampled_from(UNRESERVED + SUBDELIMS + OTHER), min_size=1)):
        bytes_ = char.encode()
        upper = "".join(f"%{byte:02X}" for byte in bytes_)
        encoded = draw(st.sampled_from([upper, upper.lower()]))
        plain = char in UNRESERVED or char in SUBDELIMS or not char.isascii() or char == " "
        as_it_is = plain and draw(st.booleans())
        raw += char if as_it_is else encoded
        if char in UNRESERVED or (char in SUBDELIMS and as_it_is):
            canonical += char
        else:
            canonical += upper
    return raw, canonical


@given(st.lists(spelled(), max_size=5), st.sampled_from(["/", "//", "///"]), st.booleans())
def test_every_spelling_of_a_path_leads_to_the_one_name(
    segments: list[tuple[str, str]], between: str, container: bool
) -> None:  # SP-18
    kept = [(raw, name) for raw, name in segments if name not in (".", "..")]
    # An encoded slash is part of a name; beside dots it could become a step up.
    kept = [(r, n) for r, n in kept if not {".", ".."} & set(n.replace("%2F", "/").split("/"))]
    end = "/" if container and kept else ""

    path = between + between.join(raw for raw, _ in kept) + end

    assert canonical_path(path) == "/" + "/".join(name for _, name in kept) + end


@given(st.text(alphabet="ae\u0301\u0308\u00e9\u1e69\u0323\u0307s", min_size=1))
def test_composed_and_decomposed_text_is_one_name(text: str) -> None:  # SP-18
    name = "/" + quote(unicodedata.normalize("NFC", text))

    for form in ("NFC", "NFD"):
        other = unicodedata.normalize(form, text)
        assert canonical_path("/" + other) == canonical_path("/" + quote(other)) == name


@pytest.mark.parametrize("bad", ["..", ".", "a\\b", "\x00", "a\x1fb", "\x7f", "\x85"])
@given(st.text(alphabet="ab", max_size=3), st.data())
def test_a_bad_segment_is_refused_in_every_spelling(
    bad: str, around: str, data: st.DataObject
) -> None:
    spelling = "".join(  # SP-18
        char if data.draw(st.booleans()) else "".join(f"%{b:02x}" for b in char.encode())
        for char in bad
    )
    slash = data.draw(st.sampled_from(["/", "%2f", "%2F"]))

    with pytest.raises(Exception, match="address"):
        canonical_path(f"/{around}x{slash}{spelling}{slash}y")


OFFERED = ("text/turtle", "application/ld+json", "application/n-triples")
RANGES = (*OFFERED, "text/*", "application/*", "*/*", "text/html", "image/*")
WEIGHTS = st.sampled_from([None, *range(0, 1001, 125)])


def _weight(weight: int | None) -> int:
    return 1000 if weight is None else weight


def _naively(ranges: dict[str, int | None]) -> str | None:
    """RFC 9110 §12.5.1, type after type: the most exact range says how much."""
    ranked = []
    for place, offer in enumerate(OFFERED):
        exact = [offer, offer.split("/")[0] + "/*", "*/*"]
        step = next((step for step, each in enumerate(exact) if each in ranges), None)
        if step is not None and (weight := _weight(ranges[exact[step]])) > 0:
            ranked.append((-weight, step, place, offer))
    return min(ranked)[3] if ranked else None


@given(st.dictionaries(st.sampled_from(RANGES), WEIGHTS, min_size=1), st.randoms())
def test_accept_in_any_spelling_chooses_as_a_naive_reader_does(
    ranges: dict[str, int | None], chance: object
) -> None:  # SP-53, A7
    pick = chance.choice  # type: ignore[attr-defined]  # a random.Random
    parts = []
    for media_range, weight in ranges.items():
        text = pick([media_range, media_range.upper()])
        text += pick(["", ";charset=utf-8", '; profile="a, b;q=0"'])
        if weight is not None:
            text += f"{pick([';', ' ; '])}{pick('qQ')}={weight / 1000:.3f}"
        parts.append(pick(["", " "]) + text)
    chance.shuffle(parts)  # type: ignore[attr-defined]  # a random.Random

    assert choose(pick([",", " ,"]).join(parts), OFFERED) == _naively(ranges)


TARGETS = ("http://e/a", "http://e/b,c", "http://www.w3.org/ns/ldp#BasicContainer", "/x;y")
RELS = st.lists(st.sampled_from(["type", "TYPE", "next", "typed", "http://e/type"]), min_size=1)
TRAPS = ("", '; title="a, <http://e/trap>; rel=\\"type\\""', "; title=x", "; crossorigin", ";x=''")


@st.composite
def links(draw: st.DrawFn) -> tuple[str, str, bool]:
    """A link: its text, its target, and whether that is meant as a type."""
    target, rels = draw(st.sampled_from(TARGETS)), draw(RELS)
    quotes = len(rels) > 1 or draw(st.booleans())
    rel = f'"{" ".join(rels)}"' if quotes else rels[0]
    anchor = draw(st.sampled_from(["", "", '; anchor="http://e/other"']))
    traps = [draw(st.sampled_from(TRAPS)) for _ in range(2)]
    again = draw(st.sampled_from(["", "; rel=type", "; rel=next"]))
    space = draw(st.sampled_from(["", " "]))
    text = f"<{target}>{traps[0]}{space};{space}rel{space}={space}{rel}{traps[1]}{anchor}{again}"
    return text, target, not anchor and "type" in [rel.lower() for rel in rels]


@given(st.lists(links(), max_size=4), st.booleans())
@example([("<http://e/a>; crossorigin; rel=type", "http://e/a", True)], False)
@example([('<http://e/a>; rel="next"; rel="type"', "http://e/a", False)], False)
def test_links_in_any_spelling_name_their_types(
    made: list[tuple[str, str, bool]], several_lines: bool
) -> None:  # SP-59b
    texts = [text for text, _, _ in made]
    values = texts if several_lines else [", ".join(texts)]

    assert types_of(values) == {target for _, target, is_type in made if is_type}


@given(st.lists(st.text(max_size=60), max_size=3))
def test_any_link_header_is_read_or_passed_over(values: list[str]) -> None:
    for target in types_of(values):  # SP-59b
        assert any(f"<{target}>" in value.replace(" ", "") or target in value for value in values)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("unit", ["<", "<a>;", '";', '<a>;x="', "<a>; rel=type,", "\\", ' ;="\\'])
def test_a_hostile_link_header_is_read_in_one_go(unit: str) -> None:
    assert types_of([unit * 30_000]) <= {"a"}


TAGS = st.tuples(st.integers(1, 4), st.sampled_from("tjb"), st.booleans())


def _written(tags: list[tuple[int, str, bool]]) -> str:
    return ", ".join(f'{"W/" if weak else ""}"{version}.{kind}"' for version, kind, weak in tags)


@given(st.none() | st.lists(TAGS), st.none() | st.lists(TAGS), st.none() | st.integers(1, 4))
def test_writes_go_on_as_a_naive_reader_of_the_tags_says(
    match: list[tuple[int, str, bool]] | None,
    none: list[tuple[int, str, bool]] | None,
    version: int | None,
) -> None:  # SP-59i
    headers = {} if match is None else {"If-Match": _written(match)}
    headers |= {} if none is None else {"If-None-Match": _written(none)}
    # A variant is another view of one version; a weak tag proves nothing about its bytes.
    wanted = match is None or any(v == version and not weak for v, _, weak in match)
    excluded = none is not None and any(v == version for v, _, _ in none)

    try:
        check_write(read_conditions(headers), version, MOMENT)
    except Stale:
        assert not wanted or excluded
    else:
        assert wanted
        assert not excluded


@given(st.none() | st.lists(TAGS), st.none() | st.lists(TAGS), st.integers(1, 4))
def test_reads_go_on_as_a_naive_reader_of_the_tags_says(
    match: list[tuple[int, str, bool]] | None,
    none: list[tuple[int, str, bool]] | None,
    version: int,
) -> None:  # SP-59i, SP-2
    headers = {} if match is None else {"If-Match": _written(match)}
    headers |= {} if none is None else {"If-None-Match": _written(none)}
    etag, conditions = f'"{version}.t"', read_conditions(headers)

    if match is not None and (version, "t", False) not in match:
        with pytest.raises(Stale):
            check_read(conditions, etag, MOMENT)
    else:
        check_read(conditions, etag, MOMENT)
    same = none is not None and any((v, kind) == (version, "t") for v, kind, _ in none)
    assert not_modified(conditions, etag, MOMENT, is_container=False) == same
