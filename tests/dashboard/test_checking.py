# SPDX-License-Identifier: EUPL-1.2
"""Anybody checks a receipt or a log; and the pages that explain."""

import re

import orjson
import pytest
from aiohttp import FormData

from acl.journal import GENESIS
from consent.log.heads import export
from consent.proof.verify import verify_receipt
from identity.who import Who
from pod.database import Tx
from pod.iri import Iri
from tests.dashboard.conftest import Browser, Shown, Town
from tests.dashboard.test_flow import AUGUST, say_yes, with_slips


async def check(browser: Browser, text: str = "", file: bytes | None = None) -> Shown:
    form = FormData(quote_fields=False, default_to_multipart=True)
    form.add_field("form-token", (await browser.get("/-/verify")).token("/-/verify#fouten"))
    form.add_field("text", text)
    if file is not None:
        form.add_field("file", file, filename="log.ndjson", content_type="text/plain")
    kept = "; ".join(f"{n}={v}" for n, v in browser.cookies.items())
    headers = {"Origin": browser.base[:-1], "Cookie": kept, "Accept-Language": "nl"}
    async with browser.web.post(f"{browser.base}-/verify", data=form, headers=headers) as answer:
        return Shown(answer.status, answer.headers.copy(), await answer.text())


async def a_receipt(town: Town, an: Browser) -> str:
    grant = await say_yes(an, await with_slips(town))
    page = await an.get(f"/-/grants/{grant}")
    code = re.findall(r'href="/-/receipts/([^"]+)"', page.text)[0]
    row = await town.house.db.read(_jws, f"{town.base}.consent/receipts/{code}")
    assert verify_receipt(row, town.house.signer.jwks())
    return row


async def _jws(tx: Tx, id_: str) -> str:
    row = await tx.one("SELECT jws FROM receipt WHERE id = :id", id=id_)
    assert row is not None
    return str(row["jws"])


async def test_a_receipt_that_was_pasted_says_what_was_signed(
    town: Town, an: Browser, someone: Browser
) -> None:
    token = await a_receipt(town, an)

    good = await check(someone, token)
    spoiled = await check(someone, token[:-9] + "AAAAAAAAA")

    assert "De handtekening klopt" in good.text
    assert "Uw tarief voor kinderopvang herberekenen" in good.text
    assert spoiled.status == 422
    assert "Dit is geen bewijs" in spoiled.text


async def test_a_log_that_was_sent_is_whole_until_one_entry_is_changed(
    town: Town, an: Browser
) -> None:
    await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)
    await town.reads("an/diploma.jsonld")
    pod = Iri(f"{town.base}an/")
    who = Who(webid=f"{town.base}an/profile/card#me", scopes=frozenset({"consent"}))
    lines = b"".join([piece async for piece in await export(town.house, who, pod)])

    whole = await check(an, file=lines)
    changed = await check(an, file=lines.replace(b'"status":200', b'"status":304'))
    cut = await check(an, file=b"\n".join(lines.strip().split(b"\n")[1:]))

    assert "Dit log is heel" in whole.text
    assert len(orjson.loads(lines.split(b"\n")[0])) > 20
    for page in (changed, cut):
        assert "Dit log is niet heel" in page.text


@pytest.mark.parametrize(
    "text", ["", "geen bewijs", "{}", "a.b.c", "{" * 5000, "<script>x</script>"]
)
async def test_what_is_neither_is_said_so(someone: Browser, text: str) -> None:
    page = await check(someone, text)

    assert page.status in (200, 422)
    assert "De handtekening klopt" not in page.text
    assert "<script>x" not in page.text


async def test_a_form_that_is_no_file_form_is_refused(someone: Browser) -> None:
    token = (await someone.get("/-/verify")).token("/-/verify#fouten")

    page = await someone.post("/-/verify", {"form-token": token, "text": "x"})

    assert page.status == 415


@pytest.mark.parametrize("path", ["words", "privacy", "accessibility", "verify", "help"])
async def test_pages_that_explain_are_open_to_everyone(someone: Browser, path: str) -> None:
    page = await someone.get(f"/-/{path}")

    assert page.status == 200
    assert page.text.count("<h1>") == 1


async def test_an_entry_that_is_nested_without_end_is_not_whole(someone: Browser) -> None:
    deep = "[" * 900 + "]" * 900
    text = f'{{"seq":1,"prev":"{GENESIS}","hash":"x","status":{deep}}}'

    answer = await check(someone, text)

    assert answer.status == 200
    assert "Dit log is niet heel" in answer.text
