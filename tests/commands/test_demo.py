# SPDX-License-Identifier: EUPL-1.2
"""The demo's own pieces, and the demo itself as a user runs it."""

import ast
import io
import itertools
import os
import socket
import subprocess
import sys
from pathlib import Path

import pyoxigraph
import pytest

from commands.answer import Answer, Json, Unexpected
from commands.demo import papers
from commands.demo.asking import key_lines, terms_in
from commands.demo.cast import LOON
from commands.demo.play import perform
from commands.demo.reading import properties_of, written
from commands.demo.telling import WIDTH, Column, Story, statuses, table
from commands.launch import SERVER, Place

ROOT = SERVER.parent
MAY_IMPORT = {*sys.stdlib_module_names, "aiohttp", "commands", "cryptography", "joserfc"} | {
    "orjson",
    "rfc8785",
    "yarl",
}
OUTSIDERS = [
    *(ROOT / "commands" / "demo").glob("*.py"),
    *(ROOT / "commands" / name for name in ("answer.py", "client.py", "launch.py", "proof.py")),
]


@pytest.mark.parametrize("file", OUTSIDERS, ids=lambda file: file.name)
def test_the_demo_imports_no_room_of_kluis(file: Path) -> None:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])

    assert found <= MAY_IMPORT


def test_the_account_number_has_right_check_digits() -> None:
    turned = papers.IBAN[4:] + papers.IBAN[:4]
    digits = "".join(str(int(sign, 36)) for sign in turned)

    assert int(digits) % 97 == 1


@pytest.mark.parametrize("slip", papers.SLIPS, ids=lambda slip: slip.path)
def test_slips_are_turtle_and_hold_the_account_number(slip: papers.Paper) -> None:
    graph = list(pyoxigraph.parse(slip.body, pyoxigraph.RdfFormat.TURTLE, base_iri="http://h/x"))

    numbers = [quad.object for quad in graph if quad.predicate.value.endswith("nummer")]
    assert numbers == [pyoxigraph.Literal(papers.IBAN)]
    assert all(str(quad.subject) == "<http://h/x#fiche>" for quad in graph)


def test_the_diploma_is_json_ld_with_its_context_inside() -> None:
    body = papers.DIPLOMA.body
    graph = list(pyoxigraph.parse(body, pyoxigraph.RdfFormat.JSON_LD, base_iri="http://h/d"))

    assert len(graph) == 3


def test_the_pdf_counts_its_own_places_right() -> None:
    body = papers.CONTRACT.body

    start = int(body.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert body[start:].startswith(b"xref\n0 6\n")
    places = body[start:].split(b"\n")[3:8]
    for number, place in enumerate(places, 1):
        assert body[int(place[:10]) :].startswith(b"%d 0 obj\n" % number)


def answer(status: int) -> Answer:
    return Answer("GET", "http://h/", status, (), b"", 12.4)


def test_a_step_says_its_status_and_time() -> None:
    out = io.StringIO()
    story = Story(out, coloured=False)

    with story.step("An says yes"):
        story.hear(answer(201))
        story.note("a note")

    line, note = out.getvalue().splitlines()
    assert line.split() == ["✓", "An", "says", "yes", "201", "12", "ms"]
    assert note.strip() == "a note"
    assert story.steps == 1


def test_a_step_that_fails_is_marked_and_ends_the_story() -> None:
    out = io.StringIO()
    story = Story(out, coloured=False)

    def say_yes() -> None:
        with story.step("An says yes"):
            story.hear(answer(500))
            raise Unexpected("Expected 201, but 500 came.")

    with pytest.raises(Unexpected):
        say_yes()

    assert out.getvalue().split()[0] == "✗"
    assert "500" in out.getvalue()
    assert story.steps == 0


def test_long_steps_and_notes_stay_within_the_width() -> None:
    out = io.StringIO()
    story = Story(out, coloured=False)

    with story.step("woord " * 40):
        story.hear(answer(200))
        story.note("x" * 300)

    assert max(len(line) for line in out.getvalue().splitlines()) <= WIDTH


def test_statuses_of_a_step_are_shown_once_each() -> None:
    assert statuses([answer(200), answer(200)]) == "200"
    assert statuses([answer(200), answer(304)]) == "200·304"
    assert statuses([]) == ""


def test_a_table_keeps_its_columns_straight() -> None:
    lines = table([Column("who", 5), Column("what", 6, keeps_end=True)], [("Annelies", "a/b.ttl")])

    assert {len(line) for line in lines} == {2 + 5 + 3 + 6 + 2}
    assert lines[3] == "│ Anne… │ …b.ttl │"


def test_terms_are_found_however_the_properties_are_written() -> None:
    gross = LOON + "brutoloon"
    notice: Json = {
        "data": [{"target": "t1", "properties": [{"property": gross, "label": "Brutoloon"}]}]
    }
    grant: Json = {"data": [{"target": "t1", "properties": [gross]}]}

    assert terms_in(notice) == terms_in(grant) == {"t1": frozenset([gross])}


def test_a_notice_is_told_section_by_section_with_its_hash_last() -> None:
    who: Json = {"section": "who", "heading": "Who asks", "lines": ["Opvang", "OVO1"]}

    lines = key_lines({"hash": "ab", "sections": [who]})

    assert [" ".join(line.split()) for line in lines] == [
        "Who asks Opvang",
        "OVO1",
        "Hash of this text (SHA-256) ab…",
    ]


def test_properties_are_read_from_n_triples() -> None:
    body = b'<http://h/x#f> <http://v/a> "1. x"@nl .\n<http://h/x#f> <http://v/b> <http://h/> .\n'

    found = properties_of(body)

    assert found == {"http://v/a": '"1. x"@nl', "http://v/b": "<http://h/>"}
    assert written(found["http://v/a"]) == "1. x"


async def test_a_server_that_cannot_start_ends_the_story_with_one_sentence(
    tmp_path: Path,
) -> None:
    out = io.StringIO()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = Place(tmp_path, taken.getsockname()[1])
        code = await perform(place, Story(out, coloured=False), keep=False)

    assert code == 1
    assert "✗" in out.getvalue()
    assert "The story stops here. Expected a running server" in out.getvalue()


def demo(folder: Path, *words: str) -> "subprocess.Popen[str]":
    environ = os.environ | {"TMPDIR": str(folder), "LC_ALL": "C"}
    return subprocess.Popen(
        [sys.executable, str(SERVER), "demo", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env=environ,
        cwd=folder,
    )


def listens(told: str) -> bool:
    """Whether anyone still listens where the first line said."""
    port = int(told.splitlines()[0].rsplit(":", 1)[1].strip("/"))
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_whole_story_ends_well_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        told, _ = process.communicate(timeout=90)

    assert process.returncode == 0, told
    assert "✗" not in told
    assert "\x1b" not in told
    assert max(len(line) for line in told.splitlines()) <= WIDTH
    assert list(tmp_path.iterdir()) == []
    assert not listens(told)


def test_kept_it_stays_up_with_logins_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with demo(tmp_path, "--keep") as process:
        assert process.stdout is not None
        lines = list(itertools.takewhile(lambda line: line != "Try:\n", process.stdout))
        up = listens("".join(lines))
        process.terminate()
        process.communicate(timeout=30)

    assert up, "".join(lines)
    assert any("an@voorbeeld.example" in line for line in lines)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []
    assert not listens("".join(lines))
