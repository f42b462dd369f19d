# SPDX-License-Identifier: EUPL-1.2
"""Who can read this now, why, and what would change (KC-27)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from acl.decide import decide
from acl.modes import Mode
from acl.wac import permits
from identity.who import ANYONE, Who
from pod import contents
from pod.database import Tx
from pod.instant import DAY
from pod.iri import Iri

from .api import Api, an_api
from .conftest import AGENCY, AGENCY_WHO, AN, AN_WHO, BASE, OPVANG, SLIPS, YOUSSEF, Village
from .office import open_office
from .steps import asked, granted
from .test_statutory import declared

ACL = "@prefix acl: <http://www.w3.org/ns/auth/acl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> ."
OWNER = f"""[] a acl:Authorization; acl:agent <{AN}>; acl:accessTo <{BASE}an/>;
  acl:default <{BASE}an/>; acl:mode acl:Read, acl:Write, acl:Control ."""
ORIGIN = "https://app.example"
CLIENT = "https://app.example/id"


def a_rule(subject: str, target: str, modes: str = "acl:Read", more: str = "") -> str:
    where = f"acl:accessTo <{target}>"
    if target.endswith("/"):
        where += f"; acl:default <{target}>"
    return f"[] a acl:Authorization; {subject}; {where}; acl:mode {modes} {more} ."


async def rules(village: Village, target: str, *lines: str) -> None:
    await village.put(f"{target}.acl", "\n".join([ACL, *lines]).encode())


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    await rules(village, f"{BASE}an/", OWNER)
    async with an_api(village) as given:
        yield given


async def simulated(api: Api, who: str = "an", **body: Any) -> Any:
    return await api.post("/.consent/simulate", who, body)


def lines(answer: Any, member: str = "items") -> set[tuple[str, str | None, str]]:
    return {
        (each["reader"]["kind"], each["reader"]["webid"], " ".join(each["modes"]))
        for each in answer[member]
    }


async def test_rules_above_are_inherited_and_say_so(api: Api) -> None:
    answer = await simulated(api, resource=SLIPS[0])

    [item] = answer["items"]
    assert item["reader"]["webid"] == AN
    assert item["modes"] == ["read", "write", "append", "control"]
    assert item["because"]["id"] == f"{BASE}an/.acl"
    assert item["because"]["inherited"] is True
    assert answer["whole"] is True


async def test_each_kind_of_reader_is_shown_with_its_rule(api: Api) -> None:
    group = f"{BASE}an/groepen#familie"
    members = f"<{group}> <http://www.w3.org/2006/vcard/ns#hasMember> <{YOUSSEF}> ."
    await api.village.put(f"{BASE}an/groepen", members.encode())
    by_client = f"acl:condition [ a acl:ClientCondition; acl:client <{CLIENT}> ]"
    await rules(
        api.village,
        SLIPS[0],
        a_rule(f"acl:agent <{AN}>", SLIPS[0], "acl:Read, acl:Control"),
        a_rule(f"acl:agentGroup <{group}>", SLIPS[0]),
        a_rule("acl:agentClass foaf:Agent", SLIPS[0], more=f"; acl:origin <{ORIGIN}>"),
        a_rule("acl:agentClass acl:AuthenticatedAgent", SLIPS[0], more=f"; {by_client}"),
        a_rule("acl:agent <https://x.example/#me>", SLIPS[0], "acl:Append"),
    )

    answer = await simulated(api, resource=SLIPS[0])

    kinds = {each["reader"]["kind"] for each in answer["items"]}
    assert kinds == {"agent", "group", "everyone", "signed-in"}
    by_kind = {each["reader"]["kind"]: each for each in answer["items"]}
    assert by_kind["group"]["reader"]["webid"] == YOUSSEF
    assert by_kind["group"]["reader"]["group"] == group
    assert by_kind["everyone"]["reader"]["origin"] == ORIGIN
    assert by_kind["signed-in"]["reader"]["client"] == CLIENT
    assert {each["because"]["inherited"] for each in answer["items"]} == {False}


async def test_what_it_shows_is_what_serving_decides(api: Api) -> None:
    everyone_but = a_rule("acl:agentClass foaf:Agent", SLIPS[0])
    await rules(api.village, SLIPS[0], everyone_but, a_rule(f"acl:agent <{YOUSSEF}>", SLIPS[0]))
    shown = lines(await simulated(api, resource=SLIPS[0]))

    async def may(tx: Tx, who: Who) -> bool:
        found = await contents.find(tx, Iri(SLIPS[0]))
        return Mode.READ in (await decide(tx, who, found, api.village.time[0], [permits])).modes

    for who in (AN_WHO, replace(AN_WHO, webid=YOUSSEF), ANYONE):
        decided = await api.village.db.read(may, who)
        assert decided == any(kind == "everyone" or webid == who.webid for kind, webid, _ in shown)


async def test_a_grant_is_shown_with_its_purpose_and_end_and_gone_when_it_is_over(
    api: Api,
) -> None:
    grant = await granted(api.village)

    answer = await simulated(api, resource=SLIPS[0])

    [item] = [each for each in answer["items"] if each["reader"]["kind"] == "agency"]
    assert item["reader"]["agency"] == AGENCY
    assert item["reader"]["webid"] == OPVANG
    assert item["because"] == {
        "kind": "grant",
        "id": grant["id"],
        "inherited": False,
        "purpose": grant["purpose"],
        "properties": grant["data"][0]["properties"],
        "until": grant["validUntil"],
    }
    assert await api.village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    await api.post(f"{grant['id']}/pause", "an")
    paused = await simulated(api, resource=SLIPS[0])
    assert "agency" not in {each["reader"]["kind"] for each in paused["items"]}
    assert paused["notNow"] == [{"grant": grant["id"], "agency": AGENCY, "problem": "grant-paused"}]
    await api.post(f"{grant['id']}/withdraw", "an")
    assert (await simulated(api, resource=SLIPS[0]))["notNow"] == []


async def test_a_look_counts_no_use_and_leaves_no_entry(api: Api) -> None:
    grant = await granted(api.village, count=1)
    await simulated(api, resource=SLIPS[0])

    assert (await api.get(grant["id"], "an"))["uses"] == 0
    log = await api.get(f"/.consent/log?pod={BASE}an/", "an")
    assert log["items"] == []


async def test_what_a_yes_would_open_is_told_and_nothing_is_kept(api: Api) -> None:
    name = await asked(api.village)
    before = await everything(api.village)

    answer = await simulated(api, request=name)

    assert [item["target"] for item in answer["items"]] == SLIPS[:2]
    for item in answer["items"]:
        [gain] = item["gains"]
        assert gain["reader"]["agency"] == AGENCY
        assert gain["because"]["kind"] == "grant"
        assert item["loses"] == []
    assert await everything(api.village) == before
    assert (await api.get("/.consent/grants", "an"))["items"] == []


async def everything(village: Village) -> list[tuple[str, int]]:
    """Every table with its number of rows, and where the row of numbers stands."""

    async def work(tx: Tx) -> list[tuple[str, int]]:
        names = await tx.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        found = []
        for row in names:
            count = await tx.one(f"SELECT COUNT(*) AS n FROM {row['name']}")  # noqa: S608 - a name of our own tables
            assert count is not None
            found.append((str(row["name"]), int(count["n"])))
        last = await tx.one("SELECT COALESCE(SUM(last), 0) AS n FROM serial")
        assert last is not None
        return [*found, ("numbers", int(last["n"]))]

    return await village.db.read(work)


async def test_other_rules_show_who_gains_and_who_loses_here_and_below(api: Api) -> None:
    await rules(
        api.village,
        f"{BASE}an/inkomen/",
        a_rule(f"acl:agent <{AN}>", f"{BASE}an/inkomen/", "acl:Read, acl:Control"),
        a_rule(f"acl:agent <{YOUSSEF}>", f"{BASE}an/inkomen/"),
    )
    here = f"{BASE}an/inkomen/"
    only_here = (
        "[] a acl:Authorization; acl:agentClass foaf:Agent;"
        f" acl:accessTo <{here}>; acl:mode acl:Read ."
    )
    acl = "\n".join([ACL, a_rule(f"acl:agent <{AN}>", here, "acl:Read, acl:Control"), only_here])
    before = await everything(api.village)

    answer = await simulated(api, resource=here, acl=acl)

    assert lines(answer, "gains") == {("everyone", None, "read")}
    assert lines(answer, "loses") == {("agent", YOUSSEF, "read")}
    assert lines(answer, "stays") == {("agent", AN, "read control")}
    assert lines(answer["members"], "gains") == set()
    assert lines(answer["members"], "loses") == {("agent", YOUSSEF, "read")}
    assert await everything(api.village) == before
    assert lines(await simulated(api, resource=here)) == {
        ("agent", AN, "read control"),
        ("agent", YOUSSEF, "read"),
    }


@pytest.mark.parametrize("who", ["youssef", "agency"])
async def test_only_the_owner_asks_and_not_hers_is_like_not_there(api: Api, who: str) -> None:
    # KC-4, KC-27: byte for byte, but for the scope that an agency's token does not have.
    name = await asked(api.village)
    fixed = {"headers": {"X-Request-Id": "same"}}
    answers = []
    for resource in (SLIPS[0], f"{BASE}an/niets", f"{BASE}niemand/x"):
        answer, body = await api.call(
            "POST", "/.consent/simulate", who, json={"resource": resource}, **fixed
        )
        answers.append((answer.status, body))

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == (404 if who == "youssef" else 403)
    if who == "youssef":
        refused = await api.problem("POST", "/.consent/simulate", who, json={"request": name})
        assert refused == (404, "not-found")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "bad-term"),
        ({"acl": "x"}, "bad-term"),
        ({"resource": SLIPS[0], "request": f"{BASE}.consent/requests/x"}, "bad-term"),
        ({"resource": "https://elders.example/x"}, "bad-term"),
        ({"resource": SLIPS[0], "acl": "this is no turtle"}, "bad-term"),
        ({"resource": SLIPS[0], "acl": 7}, "bad-term"),
        ({"resource": SLIPS[0], "who": AN}, "unknown-term"),
    ],
)
async def test_bodies_that_cannot_stand_are_named(api: Api, body: Any, problem: str) -> None:
    assert await api.problem("POST", "/.consent/simulate", "an", json=body) == (422, problem)


async def test_rules_that_may_not_be_kept_are_refused_here_too(api: Api) -> None:
    open_control = "\n".join([ACL, a_rule("acl:agentClass foaf:Agent", SLIPS[0], "acl:Control")])

    refused = await api.problem(
        "POST", "/.consent/simulate", "an", json={"resource": SLIPS[0], "acl": open_control}
    )

    assert refused == (409, "open-control")


async def test_a_request_that_was_decided_has_nothing_to_try(api: Api) -> None:
    grant = await granted(api.village)

    refused = await api.problem(
        "POST", "/.consent/simulate", "an", json={"request": grant["request"]}
    )

    assert refused == (409, "wrong-state")


async def test_a_grant_that_is_past_its_end_is_no_reach(api: Api) -> None:
    await granted(api.village, duration="P1D")
    api.village.later(2 * DAY)

    answer = await simulated(api, resource=SLIPS[0])

    assert {each["reader"]["kind"] for each in answer["items"]} == {"agent"}
    assert [each["problem"] for each in answer["notNow"]] == ["grant-expired"]


async def test_an_access_by_law_is_shown_as_that_and_an_objection_stops_it(
    village: Village,
) -> None:  # KC-26, invariant 9
    await rules(village, f"{BASE}an/", OWNER)
    async with open_office(village) as office:
        made = await declared(office)
        path = "/.consent/simulate"
        _, shown = await office.call("POST", path, "an", json={"resource": SLIPS[0]})
        _, case = await office.call("POST", f"{made['id']}/object", "an", json={"suspend": True})
        _, after = await office.call("POST", path, "an", json={"resource": SLIPS[0]})

    [item] = [each for each in shown["items"] if each["reader"]["kind"] == "agency"]
    assert item["because"]["kind"] == "statutory"
    assert item["because"]["id"] == made["id"]
    assert item["because"]["until"] == made["validUntil"]
    assert case["kind"] == "objection"
    assert "agency" not in {each["reader"]["kind"] for each in after["items"]}
    assert after["notNow"] == [{"grant": made["id"], "agency": AGENCY, "problem": "grant-paused"}]
