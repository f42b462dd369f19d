# SPDX-License-Identifier: EUPL-1.2
"""Files that come half, or with names full of tricks: nothing of them is kept (ui.md §2, T-13)."""

import pytest

from dashboard.places import trouble_with
from pod.contents import fetch
from pod.database import Tx
from pod.iri import Iri
from tests.dashboard.conftest import Browser, Shown, Town

FOLDER = "/-/data/an/"
EDGE = b"----kluis"


def form_of(token: str, name: bytes, body: bytes, more: bytes = b"") -> bytes:
    """A form as a browser writes it, up to the end of the file; what ends the form is left off."""
    return (
        b"--" + EDGE + b'\r\nContent-Disposition: form-data; name="form-token"\r\n\r\n'
        + token.encode() + b"\r\n--" + EDGE
        + b'\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n'
        + more + b"Content-Type: text/plain\r\n\r\n" + body
    )  # fmt: skip


END = b"\r\n--" + EDGE + b"--\r\n"


async def send(browser: Browser, body: bytes) -> Shown:
    headers = {
        "Origin": browser.base[:-1],
        "Content-Type": f"multipart/form-data; boundary={EDGE.decode()}",
    }
    return await browser._ask("POST", FOLDER, headers, body)


async def upload_token(an: Browser) -> str:
    return (await an.get(FOLDER)).token(f"{FOLDER}?upload")


async def _names(tx: Tx, pod: str) -> set[str]:
    rows = await tx.all("SELECT iri FROM resource WHERE pod = :pod", pod=pod)
    return {row["iri"] for row in rows}


async def names(town: Town) -> set[str]:
    return await town.house.db.read(_names, f"{town.base}an/")


async def test_a_file_of_which_the_end_never_came_is_not_kept(town: Town, an: Browser) -> None:
    token, before = await upload_token(an), await names(town)

    answer = await send(an, form_of(token, b"half.txt", b"the first half"))

    assert answer.status == 422, answer.text
    assert "brak af" in answer.text
    assert await names(town) == before


async def test_a_whole_file_is_kept_byte_for_byte(town: Town, an: Browser) -> None:
    token = await upload_token(an)

    answer = await send(an, form_of(token, b"heel.txt", b"a\r\n--\r\nb\x00") + END)

    kept = await town.house.db.read(fetch, Iri(f"{town.base}an/heel.txt"))
    assert answer.status == 303, answer.text
    assert kept is not None
    assert kept.body == b"a\r\n--\r\nb\x00"


@pytest.mark.parametrize(
    "name",
    [b"\xff.txt", b"x.acl ", b" x.acl", b".. ", b"a\x0bb.txt", "zon\u202egpj.exe".encode()],
)
async def test_a_file_name_with_a_trick_is_refused_in_words(
    town: Town, an: Browser, name: bytes
) -> None:
    token, before = await upload_token(an), await names(town)

    answer = await send(an, form_of(token, name, b"x") + END)

    assert answer.status in (400, 422), answer.text
    assert await names(town) == before


@pytest.mark.parametrize("name", ["x.acl ", " .meta", " . ", "\ud800", "a\u2066b", "a\x85b"])
def test_such_a_name_is_trouble_however_it_came(name: str) -> None:
    assert trouble_with(name)
    assert trouble_with(name.strip())


@pytest.mark.parametrize(
    "more",
    [b"X: y\r\n" * 200, b"X: " + b"y" * 100_000 + b"\r\n", b"Content-Type: multipart/mixed\r\n"],
)
async def test_a_part_with_too_much_above_it_is_refused(
    town: Town, an: Browser, more: bytes
) -> None:
    token, before = await upload_token(an), await names(town)

    answer = await send(an, form_of(token, b"a.txt", b"x", more) + END)

    assert answer.status == 400, answer.text
    assert await names(town) == before
