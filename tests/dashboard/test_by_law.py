# SPDX-License-Identifier: EUPL-1.2
"""Pages of access by law, of questions to agencies, and of who can reach what."""

import re
import secrets

import pytest

from consent.cases.acts import Try
from consent.cases.acts import move as move_case
from consent.cases.cases import Move
from consent.law.acts import declare
from consent.registry.seed import seed_registry
from identity.who import Who
from pod.database import Tx
from pod.instant import DAY, text_of
from tests.dashboard.conftest import LOON, Browser, Town, purpose
from tests.dashboard.test_flow import AUGUST, SEPTEMBER, say_yes, with_slips

LAW = "Decreet kinderopvang, artikel 12"


async def _operate(tx: Tx) -> None:
    await tx.run("UPDATE account SET operator = 1 WHERE id IN (SELECT account FROM webid)")


async def declared(town: Town, basis: str = "gdpr:A6-1-e") -> str:
    """The code of an access by law to An's slip of August."""
    await with_slips(town)
    lawful = purpose("wettelijk") | {
        "lane": "statutory",
        "legalBasis": basis,
        "law": LAW,
    }
    await seed_registry(town.house.db, town.base, [], [lawful], town.now())
    await town.house.db.write(None, _operate)
    operator = Who(webid=f"{town.base}youssef/profile/card#me", scopes=frozenset({"consent"}))
    code = secrets.token_urlsafe(16)
    body: dict[str, object] = {
        "subject": f"{town.base}an/profile/card#me",
        "agency": f"{town.base}.consent/agencies/opvang",
        "purpose": f"{town.base}.consent/purposes/wettelijk/1",
        "data": [{"target": f"{town.base}{AUGUST}", "properties": [LOON + "brutoloon"]}],
        "modes": ["read"],
        "validUntil": text_of(town.now() + 30 * DAY),
        "law": LAW,
    }
    await declare(town.house, operator, body, town.house.name("statutory", code))
    return code


async def test_access_by_law_is_apart_from_consent_and_never_offers_to_withdraw(
    town: Town, an: Browser
) -> None:
    code = await declared(town)

    listed, page = await an.get("/-/law"), await an.get(f"/-/law/{code}")
    grants = await an.get("/-/grants")

    assert f'href="/-/law/{code}"' in listed.text
    assert LAW in page.text
    assert "door de wet, niet door uw toestemming" in page.text
    for text in (listed.text, page.text):
        assert "ntrekken" not in text
    assert code not in grants.text
    assert 'href="/-/law"' in grants.text


async def test_an_objection_stops_the_reading_and_opens_a_question(town: Town, an: Browser) -> None:
    code = await declared(town)

    before = await town.reads(AUGUST)
    answer = await an.send(
        f"/-/law/{code}", f"/-/law/{code}/object", text="Ik werk daar niet meer."
    )
    after = await town.reads(AUGUST)
    case, page = await an.get(answer.location), await an.get(f"/-/law/{code}")

    assert (before.status, after.status) == (200, 403)
    assert "Ik werk daar niet meer." in case.text
    assert "wacht op antwoord" in case.text
    assert "U maakte bezwaar." in page.text


@pytest.mark.parametrize("text", ["", "x" * 2001, "mijn nummer is 85.07.30-033.28", "a\u202eb"])
async def test_an_objection_that_cannot_be_sent_says_why_and_keeps_what_was_typed(
    town: Town, an: Browser, text: str
) -> None:
    code = await declared(town)

    answer = await an.send(f"/-/law/{code}", f"/-/law/{code}/object", text=text)

    assert answer.status == 422
    assert 'id="fouten"' in answer.text
    assert (await town.reads(AUGUST)).status == 200


async def test_an_obligation_takes_questions_and_no_objection(town: Town, an: Browser) -> None:
    code = await declared(town, "gdpr:A6-1-c")

    page = await an.get(f"/-/law/{code}")

    assert f"/-/law/{code}/object" not in page.text
    assert f"/-/cases/new?about=statutory/{code}" in page.text


async def test_any_read_can_be_asked_about_and_the_answer_is_shown(town: Town, an: Browser) -> None:
    await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)
    log = await an.get("/-/log")
    link = re.findall(r'href="(/-/cases/new\?about=log/[^"]+)"', log.text)[0]
    form = await an.get(link)

    fields = {
        "form-token": form.token("/-/cases#fouten"),
        "about": form.field("about"),
        "kind": "access",
        "text": "Waarvoor was dit?",
    }
    opened = await an.post("/-/cases", fields)
    code = opened.location.rsplit("/", 1)[-1]
    name = town.house.name("cases", code)
    await move_case(town.house, name, Try(town.agency, Move.ANSWER, "Voor uw tarief <b>2026</b>."))
    page = await an.get(opened.location)
    better = await an.send(opened.location, opened.location, do="escalate", text="Dat zegt niets.")
    closed = await an.send(opened.location, opened.location, do="close")

    assert "Voor uw tarief &lt;b&gt;2026&lt;/b&gt;." in page.text
    assert "beantwoord" in page.text
    assert better.location == closed.location == opened.location
    assert "afgesloten" in (await an.get(opened.location)).text
    assert opened.location in (await an.get("/-/cases")).text


@pytest.mark.parametrize("about", ["", "log/", "grants/nix", "accounts/1", "log/../x", "log/a%00"])
async def test_what_is_not_hers_cannot_be_asked_about(town: Town, an: Browser, about: str) -> None:
    await with_slips(town)
    page = await an.get(f"/-/cases/new?about={about}")

    if page.status == 200:
        fields = {
            "form-token": page.token("/-/cases#fouten"),
            "about": page.field("about"),
            "kind": "access",
            "text": "Waarom?",
        }
        page = await an.post("/-/cases", fields)
    assert page.status in (404, 422)
    assert "U vroeg nog niets." in (await an.get("/-/cases")).text


async def test_somebody_elses_case_and_access_are_not_there(
    town: Town, an: Browser, someone: Browser
) -> None:
    code = await declared(town)
    opened = await an.send(f"/-/law/{code}", f"/-/law/{code}/object", text="Nee.")
    await an.send("/-/", "/-/sign-out")
    await someone.sign_in("youssef@example.org")

    assert (await someone.get(opened.location)).status == 404
    listed = await someone.get("/-/cases")
    assert opened.location not in listed.text


async def test_who_can_reach_what_tells_of_rules_grants_and_law_with_the_way_to_stop(
    town: Town, an: Browser
) -> None:
    await town.put("an/inkomen/", b"", "text/turtle")
    law = await declared(town)
    grant = await say_yes(an, await town.asked("+" + SEPTEMBER))
    page = "/-/data/an/inkomen/2026-08.ttl?sharing"
    await an.send(page, page, do="share", who="everyone", version="")

    shown = await an.get("/-/access?at=an/inkomen/")

    assert "u zelf" in shown.text
    assert "iedereen" in shown.text
    assert f'href="/-/grants/{grant}/withdraw"' in shown.text
    assert 'href="/-/data/an/inkomen/2026-08.ttl?sharing"' in shown.text
    assert law
    stranger = await an.get("/-/access?at=youssef/")
    assert "youssef/profile" not in stranger.text
