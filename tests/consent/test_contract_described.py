# SPDX-License-Identifier: EUPL-1.2
"""The description against a running server: schemathesis makes calls, and judges the answers.

Each call is made as a subject, as an agency and as an operator. Whatever comes back must be
described: its status, its form, and every member of it; and nothing ever breaks. Bounded, so that
it fits in a run; `KLUIS_CALLS` says how many calls each operation gets.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from commands.answer import text_at, want_status
from commands.client import Login, log_in, open_account
from commands.demo.cast import SCOPE, purpose_id
from commands.launch import SERVER
from tests.stories.town import Town, a_town

CALLS = int(os.environ.get("KLUIS_CALLS", "2"))
JUDGED = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
ROLES = ("subject", "agency", "operator", "nobody")


@dataclass(frozen=True, slots=True)
class Stage:
    """A town in which a lot happened already, and who calls."""

    town: Town
    logins: dict[str, Login]
    codes: dict[str, list[str]]


async def an_operator(town: Town) -> Login:
    """Somebody who is made an operator beside the running server."""
    new = await open_account(town.web, "kaat.keeper@kluis.example", "een lang wachtwoord", "kaatje")
    done = await run(
        "operator", "add", "kaat.keeper@kluis.example", "--data", str(town.place.folder / "data")
    )
    assert done == 0
    return await log_in(town.web, new.credentials, SCOPE)


async def run(*words: str) -> int:
    """A command of `kluis`; its exit code."""
    process = await asyncio.create_subprocess_exec(sys.executable, str(SERVER), *words)
    return await process.wait()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with a_town(tmp_path) as town:
        codes: dict[str, list[str]] = {}
        for number in range(4):
            asked = await town.ask(case=f"A-{number}")
            if number % 2:
                grant = await town.say_yes(text_at(asked, "id"))
                codes.setdefault("grants", []).append(grant.rsplit("/", 1)[-1])
                await town.web.ask("GET", town.slip, login=town.agency.login)
            codes.setdefault("requests", []).append(text_at(asked, "id").rsplit("/", 1)[-1])
        grants: Any = want_status(await town.web.get(".consent/grants", town.login), 200).json
        for item in grants["items"]:
            codes.setdefault("receipts", []).append(item["receipts"][0].rsplit("/", 1)[-1])
        logins = {"subject": town.login, "agency": town.agency.login}
        logins["operator"] = await an_operator(town)
        yield Stage(town, logins, codes)


def send(stage: Stage, case: Any, role: str) -> requests.Response:
    """The call with a fresh proof; the last part of some addresses is one that is there."""
    sent = case.as_transport_kwargs(base_url=stage.town.web.base.rstrip("/"))
    sent.pop("timeout", None)
    prepared = requests.Request(
        sent["method"],
        sent["url"],
        headers=dict(sent.get("headers") or {}),
        params=sent.get("params"),
        json=sent.get("json"),
        data=sent.get("data"),
    ).prepare()
    login = stage.logins.get(role)
    if login is not None:
        url = str(prepared.url).split("?", 1)[0]
        prepared.headers.update(login.headers(str(prepared.method), url))
    with requests.Session() as session:
        return session.send(prepared, allow_redirects=False, timeout=10)


def existing(stage: Stage, case: Any, number: int) -> None:
    """Two calls of three are about something that is there."""
    kind = case.operation.path.split("/")[2]
    if number % 3 == 0 or not isinstance(case.path_parameters, dict):
        return
    if "code" in case.path_parameters and kind in stage.codes:
        codes = stage.codes[kind]
        case.path_parameters["code"] = codes[number % len(codes)]
    if "version" in case.path_parameters:
        slug, version = purpose_id(stage.town.web.base).split("/")[-2:]
        case.path_parameters |= {"slug": slug, "version": version}


def faults_of(stage: Stage, operation: Any, mode: GenerationMode) -> list[str]:
    """What is not as described in the answers to a few calls of one operation."""
    faults: list[str] = []
    numbers = count(1)

    @settings(
        max_examples=CALLS,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def judge(case: Any) -> None:
        existing(stage, case, next(numbers))
        for role in ROLES:
            response = send(stage, case, role)
            try:
                case.validate_response(response, checks=JUDGED)
            except FailureGroup as fault:
                what = "; ".join(" ".join(str(each)[:240].split()) for each in fault.exceptions)
                faults.append(f"{role} {operation.label} {response.request.body!r:.300}: {what}")

    try:
        judge()
    except Unsatisfiable:
        # A call that takes nothing cannot be made wrongly.
        if mode is not GenerationMode.NEGATIVE or operation.body or operation.query:
            raise
    return faults


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_every_call_answers_as_it_is_described(stage: Stage, mode: GenerationMode) -> None:
    described: Any = want_status(await stage.town.web.get(".consent/openapi.json"), 200).json
    schema = schemathesis.openapi.from_dict(described)
    faults: list[str] = []
    operations: list[Any] = list(schema.get_all_operations())
    assert len(operations) > 50
    for result in operations:
        faults += faults_of(stage, result.ok(), mode)

    assert not faults, "\n".join(dict.fromkeys(faults))[:20_000]
