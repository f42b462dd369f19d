# SPDX-License-Identifier: EUPL-1.2
"""Which test holds which requirement: docs/conformance.md, written from the tests themselves.

`python scripts/conformance.py` writes the table; with `--check` it only says what is wrong.
An id counts for a test when it stands in the test: in a comment, its docstring, its name, or the
`id` of one of its parameters. A comment between tests counts for nothing.
"""

import argparse
import ast
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGISTER = Path("tests/conformance/requirements.toml")
TABLE = Path("docs/conformance.md")
_ID = re.compile(r"(?<![\w-])(?:SP-\d+[a-k]?|WAC-\d+|NP-\d+|P\d|A\d+|V\d+)(?![\w-])")
_VECTOR = re.compile(r"test_(v\d+)_")
_OFF = ("skip", "skipif", "xfail")
_HEAD = """\
# Conformance

Written by `scripts/conformance.py` from `tests/`: change the tests or
`tests/conformance/requirements.toml`, then run it again.

SP: Solid Protocol, LDP, LDN, CORS and profiles. WAC: Web Access Control, V: its vectors.
NP, P: N3 Patch. A: what Kluis does where the texts leave a choice. Level K is a choice of Kluis,
CLIENT what real clients need though no text says so.
"""
Test = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the register; `aside` and `missing` are reasons, empty where there is none."""

    id: str
    area: str
    level: str
    says: str
    aside: str = ""
    missing: str = ""

    def state(self, tests: Sequence[str]) -> str:
        """A reason outweighs tests: part of it may be tested already."""
        if self.missing:
            return f"missing: {self.missing}"
        if self.aside:
            return f"set aside: {self.aside}"
        return "tested" if tests else "NEITHER TEST NOR REASON"


def read_register(path: Path) -> tuple[Requirement, ...]:
    """All requirements in their order."""
    areas = tomllib.loads(path.read_text())
    return tuple(
        Requirement(name, area, **said)
        for area, lines in areas.items()
        for name, said in lines.items()
    )


def tests_by_id(folder: Path) -> dict[str, list[str]]:
    """Each id with the tests that carry it, as file::name."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        name = path.relative_to(folder.parent).as_posix()
        for test, ids in ids_in(path.read_text()):
            for each in ids:
                found.setdefault(each, []).append(f"{name}::{test}")
    return found


def ids_in(source: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Each test of a file with the ids it carries; a test that is not run carries none."""
    comments = _comments(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Test) and node.name.startswith("test_") and not _is_off(node):
            yield node.name, frozenset(_ID.findall("\n".join(_words(node, comments))))


def _words(test: Test, comments: Mapping[int, str]) -> Iterator[str]:
    first = min([test.lineno, *(d.lineno for d in test.decorator_list)])
    last = test.end_lineno or test.lineno
    yield from (text for line, text in comments.items() if first <= line <= last)
    yield ast.get_docstring(test) or ""
    vector = _VECTOR.match(test.name)
    yield vector[1].upper() if vector else ""
    for decorator in test.decorator_list:
        yield from _parameter_ids(decorator)


def _parameter_ids(decorator: ast.expr) -> Iterator[str]:
    """The texts given as `id=` or `ids=`."""
    for call in (node for node in ast.walk(decorator) if isinstance(node, ast.Call)):
        for word in (word for word in call.keywords if word.arg in ("id", "ids")):
            for node in ast.walk(word.value):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def _is_off(test: Test) -> bool:
    marks = [mark for mark in map(ast.unparse, test.decorator_list) if ".mark." in mark]
    return any(mark.split("(")[0].rsplit(".", 1)[1] in _OFF for mark in marks)


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def faults(register: Sequence[Requirement], tests: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What is wrong with the register, one sentence each."""
    for each in register:
        if each.aside and each.missing:
            yield f"{each.id} is set aside and missing: keep one reason."
        if not (tests.get(each.id) or each.aside or each.missing):
            yield f"{each.id} has neither a test nor a reason: {each.says}"
    known = {each.id for each in register}
    for name in sorted(set(tests) - known):
        yield f"{name} is in {tests[name][0]} and not in {REGISTER}."


def table(register: Sequence[Requirement], tests: Mapping[str, Sequence[str]]) -> str:
    """The whole document."""
    lines = [_HEAD, _counts(register, tests)]
    for area in dict.fromkeys(each.area for each in register):
        lines += ["", f"## {area.replace('-', ' ').capitalize()}", ""]
        lines += ["| Id | Requirement | Level | Tests | State |", "|---|---|---|---|---|"]
        lines += [_row(each, tests.get(each.id, ())) for each in register if each.area == area]
    return "\n".join(lines) + "\n"


def _counts(register: Sequence[Requirement], tests: Mapping[str, Sequence[str]]) -> str:
    states = [each.state(tests.get(each.id, ())).partition(":")[0] for each in register]
    counted = [f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states))]
    return f"Of {len(register)}: {', '.join(counted)}."


def _row(each: Requirement, tests: Sequence[str]) -> str:
    shown = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in tests)
    cells = (each.id, each.says, each.level, shown, each.state(tests))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def wrong(root: Path) -> list[str]:
    """Everything that keeps the check from passing."""
    register, tests = read_register(root / REGISTER), tests_by_id(root / "tests")
    found = list(faults(register, tests))
    written = root / TABLE
    if not written.exists() or written.read_text() != table(register, tests):
        found.append(f"{TABLE} is out of date: run scripts/conformance.py.")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Write the table, or check it."""
    parser = argparse.ArgumentParser(description="docs/conformance.md from the tests")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if not right")
    given = parser.parse_args(argv)
    if not given.check:
        register, tests = read_register(ROOT / REGISTER), tests_by_id(ROOT / "tests")
        (ROOT / TABLE).write_text(table(register, tests))
    found = wrong(ROOT)
    print("\n".join(found) or f"{TABLE} is as the tests say.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
