# SPDX-License-Identifier: EUPL-1.2
"""A receipt as one page, in the language of its notice, with nothing alive in it (KC-18)."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from consent.asking.words import WORDS
from consent.proof.receipt_page import as_page
from consent.proof.receipt_words import MORE, STATES, event_word, state_word
from consent.proof.record import _STATUS as KINDS
from consent.proof.verify import verify_receipt
from consent.routes import routes
from identity.door import Door

from .conftest import BASE, SLIPS, Village
from .steps import approved, asked
from .test_http import Api, _identify

HOSTILE = "<script>alert(1)</script>\"'&"


class Reader(HTMLParser):
    """The tags, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    app = web.Application()
    app.add_routes(routes(village.house, Door(BASE, _identify), dev=True))
    async with TestClient(TestServer(app)) as client:
        yield Api(client, village)


async def page_in(api: Api, language: str, **changes: Any) -> tuple[str, Any]:
    name = await asked(api.village, **changes)
    grant = await approved(api.village, name, lang=language)
    [receipt] = (await api.get(grant["id"], "an"))["receipts"]
    answer, body = await api.call("GET", receipt, "an", headers={"Accept": "text/html"})
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    return body.decode(), grant


@pytest.mark.parametrize("language", ["nl", "en", "fr", "de"])
async def test_the_page_tells_all_in_the_language_of_the_notice(api: Api, language: str) -> None:
    page, _ = await page_in(api, language)

    read = Reader(page)
    text = " ".join(read.texts)
    words = WORDS[language]
    assert ("html", {"lang": language}) in read.tags
    for name in ("who", "what", "why", "until", "often", "kept", "others", "rights", "stop"):
        assert words[name] in text
    assert words["times"].format(n=5) in text
    assert words["nobody"] in text
    assert SLIPS[0] in text
    assert "brutoloon" in text
    assert not {tag for tag, _ in read.tags} & {"script", "style", "img", "link", "iframe"}


async def test_the_signed_receipt_stands_on_the_page_and_verifies(api: Api) -> None:
    page, _ = await page_in(api, "nl")

    [token] = [text for text in Reader(page).texts if text.count(".") == 2 and len(text) > 500]
    assert verify_receipt(token, api.village.house.signer.jwks())


async def test_what_was_never_limited_is_said(api: Api) -> None:
    page, _ = await page_in(api, "nl", recipients=None)

    assert WORDS["nl"]["nobody"] in page


@pytest.mark.parametrize("language", ["nl", "en", "fr", "de"])
def test_every_kind_of_event_and_state_is_said_in_words(language: str) -> None:
    for kinds in KINDS.values():
        names = [kind.removeprefix("k:") for kind in kinds]
        assert not re.search("Consent[A-Z]", event_word(names, language))
    for words in (MORE, STATES):
        assert words[language].keys() == words["nl"].keys()
    assert event_word(["ConsentStatusInvalidForProcessing", "paused"], language) == state_word(
        "paused", language
    )


def test_hostile_texts_are_texts() -> None:
    receipt = {
        "id": HOSTILE,
        "dct:issued": "2026-11-24T00:00:00Z",
        "hasRecordOfActivity": {
            "hasDataSubject": HOSTILE,
            "k:state": HOSTILE,
            "hasNotice": {"dct:language": HOSTILE},
            "hasDataController": {"hasName": {"nl": HOSTILE}},
            "hasProcess": {
                "hasPurpose": {"skos:prefLabel": {"nl": HOSTILE}},
                "hasPersonalData": [{"hasDataSource": HOSTILE, "k:property": [HOSTILE]}],
                "k:furtherRecipients": {"@list": [HOSTILE]},
            },
            "hasConsentStatus": [{"type": HOSTILE, "isIndicatedAtTime": "2026-11-24T00:00:00Z"}],
        },
    }

    page = as_page(receipt, HOSTILE).decode()

    assert "<script" not in page
    assert {tag for tag, _ in Reader(page).tags} == {
        "html", "head", "meta", "title", "body", "main", "h1", "h2", "dl", "dt", "dd", "p", "code",
    }  # fmt: skip
