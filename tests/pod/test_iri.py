# SPDX-License-Identifier: EUPL-1.2
"""Names: one spelling each, and whatever could mean two things is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pod.errors import Unreadable
from pod.iri import (
    Iri,
    acl_of,
    canonical_path,
    governed_by,
    is_container,
    ladder,
    parent,
    refuse_reserved,
    storage_of,
)

ROOT = Iri("http://localhost:3000/an/")

SAME = [  # SP-18, T-01
    ("/an/x", "/an/x"),
    ("//an//x", "/an/x"),
    ("/an///x/", "/an/x/"),
    ("/an/%64", "/an/d"),
    ("/an/%7Etilde", "/an/~tilde"),
    ("/an/%7etilde", "/an/~tilde"),
    ("/an/a%2fb", "/an/a%2Fb"),
    ("/an/a%2Fb", "/an/a%2Fb"),
    ("/an/a%20b", "/an/a%20b"),
    ("/an/a b", "/an/a%20b"),
    ("/an/'x'", "/an/'x'"),
    ("/an/%27", "/an/%27"),
    ("/an/caf\u00e9", "/an/caf%C3%A9"),
    ("/an/caf%c3%a9", "/an/caf%C3%A9"),
    ("/an/cafe%CC%81", "/an/caf%C3%A9"),
    ("/an/cafe\u0301", "/an/caf%C3%A9"),
    ("/an/...", "/an/..."),
    ("/an/.hidden", "/an/.hidden"),
    ("/an/x%3Fy", "/an/x%3Fy"),
    ("/an/<x>", "/an/%3Cx%3E"),
]
REFUSED = [
    "/an/../x",
    "/an/./x",
    "/an/..",
    "/an/%2e%2e/x",
    "/an/%2E",
    "/an/.%2e/x",
    "/an/a%2F..%2Fb",
    "/an/..%2Fx",
    "/an/%2e%2e%2fx",
    "/an/%00",
    "/an/%0d%0a",
    "/an/%7f",
    "/an/%5c",
    "/an/%5Cx",
    "/an/a\\b",
    "/an/%zz",
    "/an/%",
    "/an/%4",
    "/an/%FF",
    "/an/%c0%af",
    "/an/%C0%AE%C0%AE",
    "/an/%ed%a0%80",
    "/an/%c2%80",
    "an/x",
    "/an/" + "x" * 1025,
    "/" + "x/" * 2500,
]


@pytest.mark.parametrize(("raw", "canonical"), SAME)
def test_spellings_of_one_name_are_one_name(raw: str, canonical: str) -> None:
    assert canonical_path(raw) == canonical


@pytest.mark.parametrize("raw", REFUSED)
def test_unclear_names_are_refused(raw: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        canonical_path(raw)

    assert refusal.value.problem == "bad-name"


@given(st.text(max_size=40))
def test_a_canonical_name_is_its_own_canonical_name(text: str) -> None:
    try:
        once = canonical_path("/" + text.replace("?", "").replace("#", ""))
    except Unreadable:
        return

    assert canonical_path(once) == once
    assert once.isascii()
    assert "//" not in once
    assert not {".", ".."} & set(once.split("/"))


def test_a_name_leads_to_its_parents_up_to_the_storage_root() -> None:
    assert ladder(Iri(ROOT + "a/b/c")) == (
        ROOT + "a/b/c",
        ROOT + "a/b/",
        ROOT + "a/",
        ROOT,
    )
    assert parent(ROOT) is None
    assert storage_of(Iri(ROOT + "a/b")) == ROOT
    assert storage_of(Iri("http://localhost:3000/an")) == ROOT


def test_the_acl_of_a_name_leads_back_to_it() -> None:
    for iri in (ROOT, Iri(ROOT + "x.ttl"), Iri(ROOT + "k/")):
        assert governed_by(acl_of(iri)) == iri
    assert governed_by(ROOT) is None
    assert is_container(ROOT)


@pytest.mark.parametrize("path", ["k.acl/", "k.meta/", "k.acl/x", "a/k.meta/x"])
def test_no_container_has_an_auxiliary_ending(path: str) -> None:  # SP-19, T-02
    with pytest.raises(Unreadable) as refusal:
        refuse_reserved(Iri(ROOT + path))

    assert refusal.value.problem == "reserved-name"
