# SPDX-License-Identifier: EUPL-1.2
"""The register of requirements: nothing without a test or a reason, and the table is its own."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Text for the script to read: a skipped function must not count as a test.
SOURCE = '''
# WAC-1: a comment between tests
CASES = [1]  # SP-1

@pytest.mark.parametrize("a", [pytest.param(1, id="NP-3 x"), 2])  # SP-2
def test_one(a):
    """SP-59a: a docstring."""
    assert "SP-9" and a  # SP-3, XSP-4, SP-5x


async def test_v7_two():
    # WAC-9 and GA1, A12-b, P256
    pass


@pytest.mark.skip(reason="not yet")
def test_three():  # SP-8
    pass


def helper():  # SP-7
    pass
'''


def _script() -> ModuleType:
    path = ROOT / "scripts" / "conformance.py"
    spec = importlib.util.spec_from_file_location("conformance", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["conformance"] = module
    spec.loader.exec_module(module)
    return module


def test_every_requirement_has_a_test_or_a_reason_and_the_table_says_so() -> None:
    assert _script().wrong(ROOT) == []


def test_the_register_holds_every_number_of_the_texts() -> None:
    solid = [f"SP-{n}" for n in range(1, 97) if n not in (69, 85, 86, 87, 88, 89)]
    solid += [f"SP-59{letter}" for letter in "abcdefghijk"]
    rest = [("WAC-", 36), ("NP-", 10), ("P", 8), ("A", 15), ("V", 23)]
    numbered = [f"{name}{n}" for name, last in rest for n in range(1, last + 1)]
    script = _script()

    register = script.read_register(ROOT / script.REGISTER)

    assert sorted(each.id for each in register) == sorted(solid + numbered)
    assert all(each.says and each.level for each in register)


def test_an_id_counts_where_it_stands_in_a_test_that_runs() -> None:
    found = dict(_script().ids_in(SOURCE))

    assert found == {"test_one": {"NP-3", "SP-2", "SP-59a", "SP-3"}, "test_v7_two": {"WAC-9", "V7"}}


@pytest.mark.parametrize(
    ("reasons", "tests", "fault"),
    [
        ({}, {}, "neither a test nor a reason"),
        ({}, {"SP-1": ["t"], "SP-500": ["t::x"]}, "SP-500 is in t::x"),
        ({"aside": "a", "missing": "b"}, {"SP-1": ["t"]}, "set aside and missing"),
    ],
)
def test_what_is_wrong_is_said(
    reasons: dict[str, str], tests: dict[str, list[str]], fault: str
) -> None:
    script = _script()
    register = [script.Requirement("SP-1", "area", "MUST", "says", **reasons)]

    assert [fault in said for said in script.faults(register, tests)] == [True]


def test_a_reason_outweighs_tests_and_a_test_is_enough() -> None:
    script = _script()
    plain = script.Requirement("SP-1", "area", "MUST", "says")
    partly = script.Requirement("SP-2", "area", "MUST", "says", missing="not built yet: a part")

    assert list(script.faults([plain, partly], {"SP-1": ["t"], "SP-2": ["t"]})) == []
    assert plain.state(["t"]) == "tested"
    assert partly.state(["t"]) == "missing: not built yet: a part"
    assert "1 missing, 1 tested" in script.table([plain, partly], {"SP-1": ["t"], "SP-2": ["t"]})
