# SPDX-License-Identifier: EUPL-1.2
"""domain.md 2.3, 4: after an end everything that still lets the agency in is named."""

from typing import Any

import pytest

from consent.grants import endings, moves
from pod.instant import DAY, text_of

from .conftest import AN_WHO, BASE, OPVANG, PERMITTED, SLIPS, START, Village
from .steps import granted
from .test_statutory_permits import lawful

FOLDER = f"{BASE}an/inkomen/"
GROUP = f"{BASE}an/groep.ttl"
MEMBER = f"@prefix v: <http://www.w3.org/2006/vcard/ns#> . <#g> v:hasMember <{OPVANG}> ."


def rules(subject: str, whom: str, how: str = "accessTo", mode: str = "Read") -> bytes:
    return (
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> ."
        " @prefix foaf: <http://xmlns.com/foaf/0.1/> . <#x> a acl:Authorization ;"
        f" acl:{how} <{subject}> ; acl:mode acl:{mode} ; {whom} ."
    ).encode()


async def left(village: Village, grant: dict[str, Any]) -> list[tuple[object, object]]:
    answer = await endings.withdraw(village.house, AN_WHO, grant["id"])
    still: Any = answer.body["stillReachable"]
    return [(item["target"], item["because"]) for item in still]


async def test_nothing_is_left_where_nothing_lets_in(village: Village) -> None:
    await village.put(f"{SLIPS[0]}.acl", rules(SLIPS[0], "acl:agent <https://other.example/#me>"))

    assert await left(village, await granted(village)) == []


@pytest.mark.parametrize(
    "whom",
    [
        f"acl:agent <{OPVANG}>",
        "acl:agentClass foaf:Agent",
        "acl:agentClass acl:AuthenticatedAgent",
        f"acl:agentGroup <{GROUP}#g>",
    ],
)
@pytest.mark.parametrize("inherited", [False, True])
async def test_rules_by_person_group_and_everybody_are_named(
    village: Village, whom: str, inherited: bool
) -> None:
    await village.put(GROUP, MEMBER.encode())
    place, how = (FOLDER, "default") if inherited else (SLIPS[0], "accessTo")
    await village.put(f"{place}.acl", rules(place, whom, how))

    found = await left(village, await granted(village))

    targets = SLIPS[:2] if inherited else SLIPS[:1]
    assert found == [(target, f"{place}.acl") for target in targets]


async def test_rules_that_give_no_read_are_no_way_in(village: Village) -> None:
    await village.put(f"{SLIPS[0]}.acl", rules(SLIPS[0], f"acl:agent <{OPVANG}>", mode="Append"))

    assert await left(village, await granted(village)) == []


async def test_what_sleeps_and_what_has_not_begun_is_named_too(village: Village) -> None:
    first, asleep = await granted(village), await granted(village)
    await moves.pause(village.house, AN_WHO, asleep["id"])
    later = {"duration": None, "validFrom": text_of(START + DAY)}
    coming = await granted(village, validUntil=text_of(START + 2 * DAY), **later)
    over = await granted(village)
    await endings.withdraw(village.house, AN_WHO, over["id"])

    found = await left(village, first)

    assert set(found) == {
        (target, grant["id"]) for target in SLIPS[:2] for grant in (asleep, coming)
    }


async def test_below_a_whole_folder_each_thing_with_ways_of_its_own_is_named(
    village: Village,
) -> None:
    whole = await granted(
        village, data=[{"target": FOLDER, "members": True, "properties": PERMITTED}]
    )
    other = await granted(village, data=[{"target": SLIPS[1], "properties": PERMITTED}])
    await village.put(f"{SLIPS[2]}.acl", rules(SLIPS[2], f"acl:agent <{OPVANG}>"))

    assert set(await left(village, whole)) == {
        (SLIPS[1], other["id"]),
        (SLIPS[2], f"{SLIPS[2]}.acl"),
    }


async def test_what_the_law_allows_is_named(village: Village) -> None:
    access = await lawful(village)
    grant = await granted(village)

    assert (SLIPS[0], access) in await left(village, grant)
