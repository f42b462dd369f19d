# SPDX-License-Identifier: EUPL-1.2
"""KC-2, KC-7, KC-8, KC-26 against a real server: the command, the registry, a read by law."""

import asyncio
from pathlib import Path

from commands.answer import Json, text_at, want_status
from server import main

from ..stories.town import Town, a_town

LOON = "https://data.vlaanderen.be/ns/loongegevens#"


def a_purpose(town: Town) -> Json:
    return {
        "id": f"{town.web.base}.consent/purposes/toelage/1",
        "label": {"nl": "Uw schooltoelage"},
        "description": {"nl": "We kennen de toelage toe zonder dat u iets vraagt."},
        "lane": "statutory",
        "legalBasis": "gdpr:A6-1-e",
        "law": "Groeipakketdecreet",
        "dataClasses": [{"class": f"{LOON}Loonfiche", "properties": [f"{LOON}brutoloon"]}],
        "limits": {"maxDuration": "P1Y"},
    }


async def test_a_read_by_law_from_draft_to_end(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        email, data = town.citizen.person.email, str(tmp_path / "data")
        where = ["--data", data, "--base-url", town.web.base]
        purpose = f"{town.web.base}.consent/purposes/toelage/1"

        async def post(path: str, body: Json, status: int, agency: bool = False) -> Json:
            login = town.agency.login if agency else town.login
            return want_status(await town.web.post(path, body, login), status).json

        # An keeps this server as well.
        await post(f"{purpose}/publish", {}, 403)
        assert await asyncio.to_thread(main, ["operator", "add", email, *where]) == 0
        await post(".consent/purposes", a_purpose(town), 201, agency=True)
        want_status(await town.web.get(purpose), 404)
        await post(f"{purpose}/publish", {}, 200)
        page = want_status(await town.web.get(purpose, accept="text/html"), 200)
        assert "Uw schooltoelage" in page.body.decode()
        refused = await town.web.get(town.slip, town.agency.login, accept="text/turtle")
        assert (refused.status, refused.problem) == (403, "grant-missing")

        made = await post(
            ".consent/statutory",
            {
                "subject": town.an.web_id,
                "agency": town.agency.id,
                "purpose": purpose,
                "data": [{"target": town.slip, "properties": [f"{LOON}brutoloon"]}],
                "modes": ["read"],
                "validUntil": "2027-01-01T00:00:00Z",
                "law": "Groeipakketdecreet, artikel 7",
            },
            201,
        )
        access = text_at(made, "id")
        read = await town.web.get(town.slip, town.agency.login, accept="text/turtle")
        assert read.status == 200
        assert read.header("Kluis-Grant") == access
        assert "verloningsperiode" not in read.body.decode()
        tag = {"If-None-Match": read.header("ETag"), "Accept": "text/turtle"}
        same = await town.web.ask("GET", town.slip, login=town.agency.login, headers=tag)
        assert same.status == 304
        log = want_status(
            await town.web.get(f".consent/log?pod={town.an.pod}&grant={access}", town.login), 200
        ).json
        assert isinstance(log, dict)
        lanes = [(text_at(e, "lane"), text_at(e, "outcome")) for e in log["items"]]  # type: ignore[union-attr]  # our own API
        assert lanes == [("statutory", "allowed"), ("statutory", "allowed")]  # a 304 is one too
        grants = want_status(await town.web.get(".consent/grants", town.login), 200).json
        assert grants == {"items": []}
        await post(f"{access}/end", {"reason": "Beslissing genomen"}, 200)
        over = await town.web.ask("GET", town.slip, login=town.agency.login, headers=tag)
        assert (over.status, over.problem) == (403, "grant-revoked")


async def test_what_is_exported_comes_in_elsewhere(tmp_path: Path) -> None:  # KC-8
    async with a_town(tmp_path) as town:
        where = ["--data", str(tmp_path / "data"), "--base-url", town.web.base]
        files = [tmp_path / f"registry.{ending}" for ending in ("ttl", "jsonld", "json")]

        for file in files:
            assert await asyncio.to_thread(main, ["registry", "export", str(file), *where]) == 0
            assert await asyncio.to_thread(main, ["registry", "import", str(file), *where]) == 0

        assert "Verwerkingsactiviteit" in files[0].read_text()
        lawful = tmp_path / "wet.json"
        text = files[2].read_text()
        lawful.write_text(text.replace('"lane": "consent"', '"lane": "consent", "law": "x"'))
        assert lawful.read_text() != text
        assert await asyncio.to_thread(main, ["registry", "import", str(lawful), *where]) == 1
