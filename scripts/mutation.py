# SPDX-License-Identifier: EUPL-1.2
"""Mutation testing with mutmut: draws the same sample each time, and writes the table of a run.

`make mutation` calls both in a copy of the tree; docs/mutation.md says what came out.
"""

import ast
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

MUTANTS = Path("mutants")
PER_MODULE = 25
SEED = 5
# What mutmut writes down for a mutant that ran: a test failed, pytest broke, time ran out.
KILLED = (1, 3)
LATE = (-24, 24, 36, 152, 255)
Outcomes = dict[str, int | None]


class _Wordless(ast.NodeTransformer):
    """Forgets what texts say: a sentence that reads otherwise is no defect of logic."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node


def modules() -> Iterator[tuple[str, Outcomes]]:
    """Each mutated file, with what happened to each of its mutants: None when it was not run."""
    for meta in sorted(MUTANTS.rglob("*.py.meta")):
        module = str(meta.relative_to(MUTANTS)).removesuffix(".meta")
        yield module, json.loads(meta.read_text())["exit_code_by_key"]


def _bodies(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "__mutmut_" in node.name:
            plain = _Wordless().visit(node)
            found[node.name] = ast.dump(plain.args) + "".join(map(ast.dump, plain.body))
    return found


def about_logic(module: str, mutants: Outcomes) -> list[str]:
    """The mutants that change more than the wording of a text."""
    bodies = _bodies(MUTANTS / module) if mutants else {}
    return sorted(name for name in mutants if _differs(name.rpartition(".")[2], bodies))


def _differs(name: str, bodies: dict[str, str]) -> bool:
    return bodies[name] != bodies[f"{name.rpartition('__mutmut_')[0]}__mutmut_orig"]


def sample() -> Iterator[str]:
    """At most so many mutants of each module, the same ones each time."""
    for module, outcomes in modules():
        names = about_logic(module, outcomes)
        luck = random.Random(f"{SEED} {module}")  # noqa: S311 - a sample, no secret
        yield from luck.sample(names, min(PER_MODULE, len(names)))


def table() -> Iterator[str]:
    """The figures per module, then the mutants of the sample that lived."""
    yield "| module | mutants | run | killed | late | survived |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    drawn, alive = set(sample()), list[str]()
    for module, outcomes in modules():
        ran = {name: code for name, code in outcomes.items() if code is not None and name in drawn}
        died = sum(code in KILLED for code in ran.values())
        late = sum(code in LATE for code in ran.values())
        lived = [name for name, code in ran.items() if code not in KILLED + LATE]
        yield f"| {module} | {len(outcomes)} | {len(ran)} | {died} | {late} | {len(lived)} |"
        alive += lived
    yield ""
    yield from alive


def main(words: list[str]) -> int:
    """Show the `sample` or the `table`."""
    match words:
        case ["sample"]:
            print(*sample(), sep="\n")
        case ["table"]:
            print(*table(), sep="\n")
        case _:
            print("usage: python scripts/mutation.py sample | table", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
