# SPDX-License-Identifier: EUPL-1.2
"""Somebody who leaves takes her word back first (KLU-9)."""

from pathlib import Path

from commands.answer import Json, text_at, want_status
from tests.stories.town import a_town


async def test_asking_to_leave_ends_every_grant_at_the_next_request(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        asked = await town.ask()
        grant = await town.say_yes(text_at(asked, "id"))
        read = await town.web.get(town.slip, town.agency.login, "text/turtle")
        want_status(read, 200)
        person = town.citizen.person
        said: Json = {"email": person.email, "password": person.password}
        signed = want_status(await town.web.post(".account/login/password/", said), 200).json
        token = f"CSS-Account-Token {text_at(signed, 'authorization')}"
        index = want_status(await town.web.get(".account/", Authorization=token), 200).json
        leaving = text_at(index, "controls", "account", "logout").replace("/logout/", "/delete/")

        answer = await town.web.post(leaving, {}, Authorization=token)

        want_status(answer, 200)
        refused = await town.web.get(town.slip, town.agency.login, "text/turtle")
        want_status(refused, 403)
        assert text_at(refused.json, "type").endswith("#grant-withdrawn")
        assert grant
