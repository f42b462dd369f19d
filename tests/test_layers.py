# SPDX-License-Identifier: EUPL-1.2
"""Imports point down only, and aiohttp comes in through few doors."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    ("pod",),
    ("identity",),
    ("acl",),
    ("notify",),
    ("ldp", "consent"),
    ("dashboard",),
    ("commands", "server"),
)
FLOOR = {name: height for height, names in enumerate(FLOORS) for name in names}
TOGETHER = ("commands", "server")  # the one pair on a floor that may know each other
NEVER = {("dashboard", "ldp")}  # the pages read through the consent rooms, not through HTTP
DOORS = ("routes.py", "door.py", "fetch.py", "websocket.py")
FILES = [
    file.relative_to(ROOT)
    for name in FLOOR
    for file in [*(ROOT / name).rglob("*.py"), ROOT / f"{name}.py"]
    if file.is_file()
]


def imported(source: str, package: str) -> Iterator[str]:
    """Every module that *source* imports, wherever in the file, relative ones spelled out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            whole = [package] if node.level else []
            yield ".".join([*whole, *([node.module] if node.module else [])])


def reached_from(module: str) -> set[str]:
    """Our modules that *module* brings along, itself included, through `commands` alone."""
    reached: set[str] = set()
    waiting = {module}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        for file in files_of(name):
            found = set(imported(file.read_text(encoding="utf-8"), name))
            waiting |= {other for other in found if other.split(".")[0] in FLOOR} - reached
    return reached


def files_of(module: str) -> list[Path]:
    if not module.startswith("commands."):
        return []
    place = ROOT.joinpath(*module.split("."))
    return [file for file in (place.with_suffix(".py"), *place.glob("*.py")) if file.is_file()]


def wrong_imports(file: Path, source: str) -> list[str]:
    home = file.parts[0].removesuffix(".py")
    return [name for name in imported(source, home) if not may_import(file, home, name)]


def may_import(file: Path, home: str, name: str) -> bool:
    other = name.split(".")[0]
    if other == "aiohttp":
        return home in TOGETHER or file.name in DOORS or file.name.endswith("_routes.py")
    if other not in FLOOR or other == home:
        return True
    both_on_top = home in TOGETHER and other in TOGETHER
    return (FLOOR[other] < FLOOR[home] and (home, other) not in NEVER) or both_on_top


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_imports_only_from_the_rooms_below_it(file: Path) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")

    assert wrong_imports(file, source) == []


def test_the_demo_knows_the_server_only_over_http() -> None:
    reached = reached_from("commands.demo")

    assert "commands.client" in reached
    assert {name for name in reached if not name.startswith("commands.")} == set()


def test_every_room_is_looked_at() -> None:
    assert {file.parts[0] for file in FILES} >= {name for name in FLOOR if name != "server"}


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("pod/iri.py", "import identity.who"),
        ("acl/wac.py", "from consent import permits"),
        ("acl/wac.py", "from ldp.needs import needs"),
        ("ldp/patch.py", "import consent.grants.grant"),
        ("consent/grant.py", "def late():\n    from ldp import patch"),
        ("dashboard/pages.py", "import ldp.operations"),
        ("consent/grant.py", "import dashboard.words"),
        ("ldp/operations.py", "from server import main"),
        ("ldp/operations.py", "from aiohttp import web"),
        ("identity/roots.py", "import aiohttp"),
    ],
)
def test_an_import_that_points_up_or_sideways_is_found(file: str, source: str) -> None:
    assert len(wrong_imports(Path(file), source)) == 1


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("ldp/routes.py", "from aiohttp import web\nfrom notify import outbox"),
        ("consent/request_routes.py", "import aiohttp.web"),
        ("pod/rdf.py", "from . import iri\nfrom .errors import Missing"),
        ("server.py", "import aiohttp\nfrom commands import serve"),
        ("commands/serve.py", "import aiohttp\nfrom server import build_app"),
    ],
)
def test_an_import_that_points_down_passes(file: str, source: str) -> None:
    assert wrong_imports(Path(file), source) == []
