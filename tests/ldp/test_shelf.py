# SPDX-License-Identifier: EUPL-1.2
"""What is kept to be quicker has an end: in bytes, in time, in number."""

from ldp.readers import Readers
from ldp.shelf import KEPT_FOR, LARGEST, Shelf


def test_a_shelf_holds_no_more_than_its_room_and_lets_the_oldest_go() -> None:
    shelf: Shelf[str] = Shelf(room=10)
    for name in "abc":
        shelf.keep(name, name.upper(), 4, 0)

    assert [shelf.find(name, 0) for name in "abc"] == [None, "B", "C"]


def test_a_thing_kept_again_takes_its_room_once() -> None:
    shelf: Shelf[str] = Shelf(room=10)
    shelf.keep("a", "A", 6, 0)
    for _ in range(5):
        shelf.keep("b", "B", 4, 0)

    assert (shelf.find("a", 0), shelf.find("b", 0)) == ("A", "B")


def test_after_ten_minutes_it_is_gone_and_its_room_is_free() -> None:
    shelf: Shelf[str] = Shelf(room=10)
    shelf.keep("a", "A", 8, 0)

    assert shelf.find("a", KEPT_FOR - 1) == "A"
    assert shelf.find("a", KEPT_FOR) is None
    shelf.keep("b", "B", 8, KEPT_FOR)
    assert len(shelf._kept) == 1


def test_what_is_too_large_is_not_kept() -> None:
    shelf: Shelf[str] = Shelf()
    shelf.keep("a", "A", LARGEST + 1, 0)

    assert shelf.find("a", 0) is None


def test_readers_are_forgotten_when_a_guess_fails_and_when_there_are_too_many() -> None:
    readers = Readers(most=2)
    for webid in ("a", "b", "a", "c", None):
        readers.note(webid, under_grant=True)

    assert [readers.likely(webid) for webid in ("a", "b", "c", None)] == [True, False, True, False]
    readers.note("a", under_grant=False)
    assert not readers.likely("a")
