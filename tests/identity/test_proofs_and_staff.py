# SPDX-License-Identifier: EUPL-1.2
"""WebIDs from elsewhere, proved; organisations and the roles of their staff (OP-22, KLU-11)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from identity.accounts import organisations
from pod.errors import Unreadable
from pod.instant import MINUTE
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.conftest import Person, Town
from tests.identity.street import ELSEWHERE, Street, a_street, drop, id_of


@pytest.fixture
async def street(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Street]:
    async for each in a_street(tmp_path, db, now, True):
        yield each


@pytest.fixture
async def town(street: Street) -> Town:
    return street.town


async def prove(street: Street, person: Person) -> Any:
    where = person.controls["account"]["webId"]
    return await street.town.tell(where, {"webId": ELSEWHERE}, person.session)


async def test_a_webid_from_elsewhere_is_linked_after_proof(
    street: Street, an: Person, bob: Person
) -> None:  # OP-22
    first = await prove(street, an)
    unreachable = await prove(street, an)
    street.outside.documents["https://id.example/me"] = b"<#it> a <#Agent> ."
    missing = await prove(street, an)
    quad = first.json["details"]["quad"]
    street.outside.documents["https://id.example/me"] = quad.encode()
    linked, of_another = await prove(street, an), await prove(street, bob)
    still = await prove(street, bob)

    assert [said.status for said in (first, unreachable, missing)] == [400] * 3
    assert "https://id.example/me cannot be reached" in unreachable.json["message"]
    assert unreachable.json["details"]["quad"] == missing.json["details"]["quad"] == quad
    assert (linked.status, linked.json["webId"]) == (200, ELSEWHERE)
    assert of_another.json["details"]["quad"] != quad
    assert (of_another.status, still.status) == (400, 400)
    own = of_another.json["details"]["quad"].encode()
    street.outside.documents["https://id.example/me"] += b"\n" + own
    assert (await prove(street, bob)).status == 200


async def test_a_proof_is_over_after_half_an_hour(street: Street, an: Person) -> None:
    quad = (await prove(street, an)).json["details"]["quad"]
    street.outside.documents["https://id.example/me"] = quad.encode()
    street.town.now.advance(30 * MINUTE)
    said = await prove(street, an)

    assert said.status == 400
    assert said.json["details"]["quad"] != quad


@pytest.mark.parametrize("body", [b"\xff\xfe", b"<a> <b", b""])
@pytest.mark.parametrize("media_type", ["text/turtle", "text/html", "application/ld+json"])
async def test_a_document_that_is_not_one_is_400(
    street: Street, an: Person, body: bytes, media_type: str
) -> None:
    await prove(street, an)
    street.outside.documents["https://id.example/me"] = body
    street.outside.media_type = media_type

    assert (await prove(street, an)).status == 400


async def test_a_webid_of_another_pod_here_cannot_be_proved(
    street: Street, an: Person, bob: Person
) -> None:  # WI-2
    where = bob.controls["account"]["webId"]
    said = await street.town.tell(where, {"webId": an.pod["webId"]}, bob.session)

    assert said.status == 400
    assert "quad" not in said.json["details"]


async def _organise(town: Town, account: str) -> None:
    made = organisations.add_organisation
    await town.db.write(None, made, "org", "Gemeente Ambt", "0403019261", account, town.now())


def role_put(bob: Person, role: str) -> dict[str, str]:
    return {"webId": bob.pod["webId"], "role": role}


ORG = ".account/account/org/"


async def test_staff_do_what_their_role_says(town: Town, an: Person, bob: Person) -> None:  # KLU-11
    await _organise(town, id_of(an))
    pod = (await town.tell(f"{ORG}pod/", {"name": "ambt"}, an.session)).json
    before = await town.look(f"{ORG}pod/", bob.session)
    await town.tell(f"{ORG}staff/", role_put(bob, "auditor"), an.session)
    asked = {"webId": pod["webId"]}
    as_auditor = await town.tell(f"{ORG}client-credentials/", asked, bob.session)
    looked = await town.look(f"{ORG}client-credentials/", bob.session)
    await town.tell(f"{ORG}staff/", role_put(bob, "developer"), an.session)
    as_developer = await town.tell(f"{ORG}client-credentials/", asked, bob.session)
    no_pod = await town.tell(f"{ORG}pod/", {"name": "ander"}, bob.session)
    no_staff = await town.tell(f"{ORG}staff/", role_put(bob, "admin"), bob.session)

    assert before.status == 404
    assert (as_auditor.status, looked.status) == (403, 200)
    assert (as_developer.status, no_pod.status, no_staff.status) == (200, 403, 403)
    for kind in ("sessions", "apps", "login/password", "logout", "organisations"):
        assert (await town.look(f"{ORG}{kind}/", bob.session)).status in (404, 405), kind
    await drop(town, f"{ORG}staff/{id_of(bob)}/", an.session)
    assert (await town.look(f"{ORG}staff/", bob.session)).status == 404


async def test_an_organisation_keeps_an_admin(town: Town, an: Person) -> None:
    await _organise(town, id_of(an))
    gone = await drop(town, f"{ORG}staff/{id_of(an)}/", an.session)
    less = await town.tell(f"{ORG}staff/", role_put(an, "auditor"), an.session)

    assert (gone.status, less.status) == (400, 400)
    shown = (await town.look(f"{ORG}organisation/", an.session)).json
    assert (shown["name"], shown["kbo"]) == ("Gemeente Ambt", "0403019261")


@pytest.mark.parametrize("code", ["0403019262", "", "x", 7, None, "1" * 11, "٠٤٠٣٠١٩٢٦١"])
def test_a_wrong_number_is_no_kbo_number(code: object) -> None:
    with pytest.raises(Unreadable):
        organisations.read_code(code)


def test_a_kbo_number_has_one_spelling() -> None:
    assert organisations.read_code("BE 0403.019.261") == "0403019261"


async def test_the_last_admin_of_an_organisation_does_not_leave_it_behind(
    town: Town, an: Person
) -> None:
    await _organise(town, id_of(an))
    said = await town.tell(an.controls["kluis"]["delete"], {}, an.session)

    assert said.status == 400
