# SPDX-License-Identifier: EUPL-1.2
"""Faults that a run over HTTP by somebody who read only the contract has found once."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import rdflib

import consent
from consent.asking import decisions, inbox
from consent.asking.choice import read_choice
from consent.grants import endings
from consent.grants.moves import resume
from pod import rdf
from pod.errors import Clash
from pod.instant import MINUTE
from pod.vocab import KLUIS

from .conftest import AN_WHO, BASE, HEALTH_PURPOSE, ILLNESS, PURPOSE, SLIPS, START, Village
from .office import open_office
from .steps import approved, asked, granted
from .test_http import Api


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with open_office(village) as office:
        yield office


async def pointers(api: Api, path: str, body: dict[str, Any]) -> set[str]:
    answer, said = await api.call("POST", path, "an", json=body)
    assert answer.status == 422, said
    return {error["pointer"] for error in said["errors"]}


async def test_each_fault_of_a_yes_and_of_less_is_named(api: Api) -> None:  # KC-14, KC-16
    request = await asked(api.village)
    grant = (await granted(api.village))["id"]
    less: dict[str, Any] = {"modes": 1, "count": "2", "validUntil": "soon", "wat": 1}
    less["data"] = [{"target": 1}, {"target": SLIPS[0], "other": 1}]
    yes = {**less, "noticeHash": 1, "lang": "xx", "confirm": "x"}

    places = {"/modes", "/count", "/validUntil", "/wat", "/data/0/target", "/data/1/other"}
    assert await pointers(api, f"{grant}/narrow", less) == places
    assert await pointers(api, f"{request}/approve", yes) == {
        *places, "/noticeHash", "/lang", "/confirm",
    }  # fmt: skip


async def test_a_yes_that_ends_before_it_begins_says_where(api: Api) -> None:  # KC-14
    request = await asked(api.village)
    notice = await api.get(f"{request}/notice?lang=nl", "an")
    yes = {"noticeHash": notice["hash"], "lang": "nl", "validUntil": "2020-01-01T00:00:00Z"}

    assert await pointers(api, f"{request}/approve", yes) == {"/validUntil"}


async def test_a_hash_that_looks_like_a_national_number_is_a_hash(api: Api) -> None:  # KC-11
    request = await asked(api.village)
    number = "85073003328"
    yes = {"noticeHash": f"{number}{'a' * 53}", "lang": "nl"}

    assert await api.problem("POST", f"{request}/approve", "an", json=yes) == (
        409, "notice-changed",
    )  # fmt: skip
    assert await pointers(api, f"{request}/approve", {**yes, "confirm": [number]}) == {"/confirm/0"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "requests", "GET, HEAD, POST"),
        ("PUT", "requests/abc/approve", "POST"),
        ("PATCH", "keys", "GET, HEAD"),
    ],
)
async def test_another_method_is_told_which_there_are(
    api: Api, method: str, path: str, allowed: str
) -> None:  # RFC 9110 §15.5.6
    answer, said = await api.call(method, f"/.consent/{path}", "an")

    assert (answer.status, said["type"].rpartition("#")[2]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == allowed


async def test_what_is_over_is_told_before_that_its_purpose_is_suspended(village: Village) -> None:
    # KC-7: a move that the table does not have is `wrong-state`.
    grant = (await granted(village))["id"]
    await endings.withdraw(village.house, AN_WHO, grant)

    async def suspend(tx: Any) -> None:
        await tx.run("UPDATE purpose SET state = 'suspended' WHERE id = :id", id=PURPOSE)

    await village.db.write(None, suspend)

    with pytest.raises(Clash) as refused:
        await resume(village.house, AN_WHO, grant)

    assert refused.value.problem == "wrong-state"
    assert refused.value.more["state"] == "withdrawn"


async def test_what_is_sensitive_by_its_purpose_alone_is_confirmed_by_its_class(
    village: Village,
) -> None:  # KC-14
    changes: dict[str, Any] = {"purpose": HEALTH_PURPOSE, "data": [{"target": SLIPS[0]}]}
    name = await asked(village, **changes)
    fresh = replace(AN_WHO, signed_in=START - MINUTE)

    grant = await approved(village, name, who=fresh, confirm=[ILLNESS])

    assert grant["data"] == [
        {"target": SLIPS[0], "class": ILLNESS, "required": False, "special": True}
    ]


def words_used() -> set[str]:
    sources = Path(consent.__path__[0]).rglob("*.py")
    return {word for file in sources for word in re.findall(r"\bk:([A-Za-z]+)", file.read_text())}


@dataclass(frozen=True, slots=True)
class Busy:
    """The real database of a pod into which something else is written before every commit."""

    village: Village

    async def read(self, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self.village.db.read(work, *args, **kwargs)

    async def write(self, pod: str | None, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        await self.village.put(f"{BASE}an/other.txt", b"x", "text/plain")
        return await self.village.db.write(pod, work, *args, **kwargs)

    async def close(self) -> None:
        await self.village.db.close()


async def test_a_pod_that_never_rests_can_be_decided_about(village: Village) -> None:  # KC-14
    name = await asked(village)
    notice = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    choice = read_choice({"noticeHash": notice["hash"], "lang": "nl"}, BASE)
    house = replace(village.house, db=Busy(village))

    answer = await decisions.approve(house, AN_WHO, name, choice)

    assert answer.status == 201


async def test_each_word_of_our_namespace_is_explained(api: Api) -> None:  # decision 1
    answer, body = await api.call("GET", "/.well-known/kluis/ns")
    as_json, _ = await api.call(
        "GET", "/.well-known/kluis/ns", headers={"Accept": "application/ld+json"}
    )

    assert (answer.status, answer.content_type) == (200, "text/turtle")
    assert as_json.content_type == "application/ld+json"
    graph = rdf.graph(rdf.parse(body, rdf.TURTLE, BASE))
    explained = {str(name) for name in graph.subjects(rdflib.RDFS.comment)}
    assert {KLUIS + word for word in words_used()} <= explained
