# SPDX-License-Identifier: EUPL-1.2
"""What a caller says of a read under a grant (KC-19): kept when it can be meant, refused else."""

import pytest
from multidict import CIMultiDict

from identity.identify import read_named
from identity.who import NOTHING_NAMED
from pod.errors import Unreadable

GRANT = "https://kluis.example/.consent/grants/1"


def test_what_is_said_is_kept() -> None:
    named = read_named(CIMultiDict({"Kluis-Grant": GRANT, "Kluis-Case": "A-17"}))

    assert (named.grant, named.case, named.purpose) == (GRANT, "A-17", None)
    assert read_named(CIMultiDict()) is NOTHING_NAMED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Kluis-Case", "x" * 65),
        ("Kluis-Employee", "x" * 65),
        ("Kluis-Employee", "a\tb"),
        ("Kluis-Employee", "85073003328"),
        ("Kluis-Employee", "85.07.30-033.28"),
        ("Kluis-Case", "zaak 85073003328"),
        ("Kluis-Grant", f"<{GRANT}>"),
        ("Kluis-Purpose", "opvang"),
        ("Kluis-Grant", GRANT + "/é"),
        ("Kluis-Grant", GRANT + "\udcff"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(Unreadable) as refusal:  # T-48
        read_named(CIMultiDict({name: value}))

    assert refusal.value.problem == "bad-header"
    assert value not in refusal.value.detail
