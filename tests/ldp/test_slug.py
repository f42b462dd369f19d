# SPDX-License-Identifier: EUPL-1.2
"""SP-59a: the name that a Slug asks for, made safe or refused."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp.slug import fresh_name, name_from_slug
from pod.errors import Refused, Unreadable
from pod.iri import canonical_path, is_auxiliary


@pytest.mark.parametrize(
    ("slug", "container", "name"),
    [
        ("loonbrief-3.ttl", False, "loonbrief-3.ttl"),
        ("foto's (1).jpg", False, "foto's%20(1).jpg"),
        ("een%20twee", False, "een%20twee"),
        ("een twee", False, "een%20twee"),
        (" rand ", False, "rand"),
        ("a?b#c", False, "a%3Fb%23c"),
        ("a%3Fb", False, "a%3Fb"),
        ("100%", False, "100%25"),
        ("a&b=c+d,e;f:g@h", False, "a%26b%3Dc%2Bd%2Ce%3Bf%3Ag%40h"),
        ("caf\u00e9", False, "caf%C3%A9"),
        ("cafe\u0301", False, "caf%C3%A9"),
        ("caf%65%CC%81", False, "caf%C3%A9"),
        ("%E2%82%AC", False, "%E2%82%AC"),
        ("...", False, "..."),
        (".hidden", False, ".hidden"),
        ("acl", False, "acl"),
        ("x.acl.ttl", False, "x.acl.ttl"),
        ("map", True, "map"),
        ("map/", True, "map"),
        ("map%2F", True, "map"),
    ],
)
def test_a_slug_becomes_one_safe_segment(slug: str, container: bool, name: str) -> None:
    assert name_from_slug(slug, container) == name


@pytest.mark.parametrize(
    ("slug", "container"),
    [
        ("a/b", False),
        ("a/b", True),
        ("/a", True),
        ("a%2Fb", False),
        ("..%2Fa", False),
        ("a/", False),
        ("a//", True),
        ("/", True),
        ("/", False),
        (".", False),
        ("..", False),
        ("%2e%2E", False),
        ("../", True),
        ("a\\b", False),
        ("a%5Cb", False),
        ("a%00b", False),
        ("a\tb", False),
        ("a%0D%0Ab", False),
        ("a%C2%85b", False),
        ("%FF", False),
        ("a\udcffb", False),
        ("a" * 961, False),
        ("\u20ac" * 110, False),
    ],
)
def test_a_slug_that_cannot_be_one_name_is_unreadable(slug: str, container: bool) -> None:
    with pytest.raises(Unreadable) as caught:
        name_from_slug(slug, container)

    assert caught.value.problem == "bad-slug"


@pytest.mark.parametrize(
    ("slug", "container"),
    [(".acl", False), ("x.acl", False), ("x.meta", False), ("x%2Eacl", False), ("x.acl/", True)],
)
def test_a_slug_never_makes_the_name_of_an_auxiliary(slug: str, container: bool) -> None:
    # T-02
    with pytest.raises(Refused) as caught:
        name_from_slug(slug, container)

    assert caught.value.problem == "reserved-name"


def test_an_empty_slug_is_no_hint_and_fresh_names_differ() -> None:
    names = {name_from_slug("", False), name_from_slug(" ", True), fresh_name(), fresh_name()}

    assert len(names) == 4
    assert all(uuid.UUID(name) for name in names)


@given(st.text(min_size=1), st.booleans())
def test_any_slug_makes_a_name_that_an_address_can_hold_or_is_refused(
    slug: str, container: bool
) -> None:
    try:
        name = name_from_slug(slug, container)
    except (Unreadable, Refused):
        return

    path = f"/an/k/{name}/" if container else f"/an/k/{name}"
    assert name.isascii()
    assert canonical_path(path) == path
    assert path.count("/") == 3 + container
    assert not is_auxiliary(name)
