# SPDX-License-Identifier: EUPL-1.2
"""Results that an agency writes back: append gives never read, and each is in the log."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from consent.asking.inbox import show_notice
from consent.registry.seed import seed_registry
from ldp.adding import TELLING
from ldp.admission import Denied
from ldp.ask import Answer, Body
from ldp.operations import perform
from pod import contents
from pod.errors import Refused
from pod.instant import HOUR
from pod.iri import Iri

from .conftest import (
    AGENCY_WHO,
    AN_WHO,
    BANK_WHO,
    BASE,
    LOON,
    SECRET,
    SLIPS,
    START,
    Village,
    _purpose,
)
from .steps import asked, granted
from .test_reading_under_a_grant import _entries, _uses, ask, data_house, withdrawn

RESULTS = f"{BASE}an/inkomen/"
NAME = f"{BASE}.consent/purposes/resultaat/1"
NEW = b"<#it> <https://voorbeeld.example/ns#tarief> 12 ."
INSERT = b"INSERT DATA { <#it> <https://voorbeeld.example/ns#tarief> 12 }"


@pytest.fixture
async def purpose(village: Village) -> str:
    limits = {
        "maxDuration": "P6M",
        "maxCount": 10,
        "maxRetention": "P1Y",
        "modes": ["append", "read"],
        "countries": ["BE"],
    }
    classes = [{"class": f"{LOON}Loonfiche", "required": False}]
    made = _purpose("resultaat", dataClasses=classes, limits=limits)
    await seed_registry(village.db, BASE, [], [made], START)
    return NAME


async def agreed(
    village: Village, modes: list[str], target: str = RESULTS, *, members: bool = True, **more: Any
) -> str:
    datum: dict[str, object] = {"target": target, **({"members": True} if members else {})}
    made = await granted(village, purpose=NAME, data=[datum], modes=modes, **more)
    return str(made["id"])


def _pieces(body: bytes) -> Body:
    async def pieces() -> AsyncIterator[bytes]:
        yield body

    return Body(pieces, len(body))


async def send(
    village: Village,
    method: str,
    target: str,
    body: bytes = NEW,
    media_type: str = "text/turtle",
    who: Any = AGENCY_WHO,
) -> Answer:
    sent = replace(
        ask(target, method, who), content_type=media_type, body=_pieces(body), slug="uitslag"
    )
    return await perform(data_house(village, village.db), sent)


async def patch(village: Village, target: str, body: bytes = INSERT) -> Answer:
    return await send(village, "PATCH", target, body, "application/sparql-update")


async def refused(village: Village, method: str, target: str, **more: Any) -> str:
    with pytest.raises(Denied) as refusal:
        await send(village, method, target, **more)
    return refusal.value.problem


@pytest.mark.usefixtures("purpose")
async def test_what_an_agency_adds_is_there_logged_and_no_use(village: Village) -> None:
    grant = await agreed(village, ["append"])

    posted = await send(village, "POST", RESULTS)
    put = await send(village, "PUT", f"{RESULTS}beslissing.ttl")
    patched = await patch(village, f"{RESULTS}beslissing.ttl", INSERT.replace(b"12", b"13"))

    assert [answer.status for answer in (posted, put, patched)] == [201, 201, 204]
    entries = await village.db.read(_entries)
    made = posted.headers["Location"]
    assert [(e["action"], e["outcome"], e["status"], e["resource"]) for e in entries] == [
        ("append", "allowed", 201, made),
        ("append", "allowed", 201, f"{RESULTS}beslissing.ttl"),
        ("append", "allowed", 204, f"{RESULTS}beslissing.ttl"),
    ]
    for answer, entry in zip((posted, put, patched), entries, strict=True):
        assert entry["grant"] == answer.headers["Kluis-Grant"] == grant
        assert entry["id"] == answer.headers["Kluis-Log"]
        assert (entry["lane"], entry["purpose"], entry["properties"]) == ("consent", NAME, None)
    assert await village.db.read(_uses, grant) == 0
    assert await village.db.read(contents.fetch, Iri(made)) is not None


@pytest.mark.usefixtures("purpose")
@pytest.mark.parametrize(
    ("method", "target", "more"),
    [
        ("GET", RESULTS, {}),
        ("GET", SLIPS[0], {}),
        ("HEAD", SLIPS[0], {}),
        ("GET", f"{RESULTS}nothing.ttl", {}),
        ("PUT", SLIPS[0], {}),
        ("DELETE", SLIPS[0], {}),
        (
            "PATCH",
            SLIPS[0],
            {
                "body": b"DELETE DATA { <> <x:a> 1 }",
                "media_type": "application/sparql-update",
            },
        ),
        (
            "PATCH",
            SLIPS[0],
            {
                "body": b"INSERT { <> <x:a> ?y } WHERE { <> <x:b> ?y }",
                "media_type": "application/sparql-update",
            },
        ),
    ],
)
async def test_append_gives_neither_read_nor_write(
    village: Village, method: str, target: str, more: dict[str, Any]
) -> None:
    # Invariant 14.
    await agreed(village, ["append"])

    assert await refused(village, method, target, **more) == "mode-not-granted"


@pytest.mark.usefixtures("purpose")
@pytest.mark.parametrize("many", [1, 9])  # many patterns are worked out aside
@pytest.mark.parametrize("value", [SECRET, "no such thing"])
async def test_an_addition_reads_nothing_past_the_view_of_the_grant(
    village: Village, value: str, many: int
) -> None:
    """T-42: it neither copies what is hidden to where it is shown, nor tells whether it is there.

    The grant gives to read as well, but one listed property, counted and logged.
    """
    shown = [f"{LOON}brutoloon"]
    datum = {"target": SLIPS[0], "properties": shown}
    made = await granted(village, purpose=NAME, data=[datum], modes=["read", "append"])
    hidden = f"<{LOON}bankrekeningnummer>"
    looks = " ".join(f'<> {hidden} "{value}" .' for _ in range(many))
    copies = f"INSERT {{ <> <{shown[0]}> ?it }} WHERE {{ {looks} <> {hidden} ?it }}"
    before = await village.db.read(contents.fetch, Iri(SLIPS[0]))

    refusal = await refused(
        village, "PATCH", SLIPS[0], body=copies.encode(), media_type="application/sparql-update"
    )

    assert refusal == "mode-not-granted"
    assert await village.db.read(contents.fetch, Iri(SLIPS[0])) == before
    assert (await patch(village, SLIPS[0])).status == 204  # what it adds and looks for nothing
    assert await village.db.read(_uses, str(made["id"])) == 0


@pytest.mark.usefixtures("purpose")
async def test_an_addition_that_looks_is_logged_where_rules_let_it_look(village: Village) -> None:
    """Decision 14: to read stands in the rules, to add is the grant's alone."""
    grant = await agreed(village, ["append"])
    acl = (
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> . [] a acl:Authorization ;"
        f" acl:agent <{AGENCY_WHO.webid}> ; acl:accessTo <{SLIPS[0]}> ; acl:mode acl:Read ."
    )
    await village.put(f"{SLIPS[0]}.acl", acl.encode())
    copies = f"INSERT {{ <#it> <x:a> ?it }} WHERE {{ <> <{LOON}brutoloon> ?it }}"

    answer = await patch(village, SLIPS[0], copies.encode())

    assert (answer.status, answer.headers["Kluis-Grant"]) == (204, grant)
    entries = await village.db.read(_entries)
    assert [(e["action"], e["outcome"], e["grant"]) for e in entries] == [
        ("append", "allowed", grant)
    ]


@pytest.mark.usefixtures("purpose")
@pytest.mark.parametrize("target", [f"{RESULTS}.acl", f"{SLIPS[0]}.acl", f"{SLIPS[0]}.meta"])
async def test_append_reaches_no_rules_and_no_descriptions(village: Village, target: str) -> None:
    # domain.md 2.3: (b) never extends to ACL resources.
    await agreed(village, ["append"])

    with pytest.raises(Refused):
        await send(village, "PUT", target)


@pytest.mark.usefixtures("purpose")
async def test_an_addition_does_not_tell_whether_it_was_there_before(village: Village) -> None:
    # Invariant 14: else guesses could be tried one by one.
    await agreed(village, ["append"])
    await send(village, "PUT", f"{RESULTS}b.ttl")

    known = await patch(village, f"{RESULTS}b.ttl")
    new = await patch(village, f"{RESULTS}b.ttl", INSERT.replace(b"12", b"13"))

    assert known.status == new.status == 204
    assert known.headers.keys() == new.headers.keys()
    assert not set(TELLING) & known.headers.keys()
    assert len(await village.db.read(_entries)) == 3


@pytest.mark.usefixtures("purpose")
async def test_read_alone_adds_nothing(village: Village) -> None:
    await agreed(village, ["read"])

    assert await refused(village, "POST", RESULTS) == "mode-not-granted"
    assert await refused(village, "PUT", f"{RESULTS}x.ttl") == "mode-not-granted"


@pytest.mark.usefixtures("purpose")
async def test_what_is_added_goes_only_where_it_was_agreed(village: Village) -> None:
    await agreed(village, ["append"], members=False)

    posted = await send(village, "POST", RESULTS)
    assert posted.status == 201
    assert await refused(village, "PUT", f"{RESULTS}x.ttl") == "target-not-granted"
    assert await refused(village, "POST", f"{BASE}an/") == "target-not-granted"
    assert await refused(village, "POST", RESULTS, who=BANK_WHO) == "grant-missing"
    other = replace(AGENCY_WHO, client="opvang-other")
    assert await refused(village, "POST", RESULTS, who=other) == "client-mismatch"


@pytest.mark.usefixtures("purpose")
@pytest.mark.parametrize("between", ["nothing", "interval"])
async def test_adding_keeps_no_pause_and_ends_with_the_grant(
    village: Village, between: str
) -> None:
    pause = "PT1H" if between == "interval" else None
    grant = await agreed(village, ["read", "append"], minInterval=pause)
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"

    assert (await send(village, "POST", RESULTS)).status == 201
    village.later(HOUR)
    await withdrawn(village, grant)

    assert await refused(village, "POST", RESULTS) == "grant-withdrawn"
    assert await refused(village, "PUT", f"{RESULTS}x.ttl") == "grant-withdrawn"
    assert len([e for e in await village.db.read(_entries) if e["action"] == "append"]) == 1


@pytest.mark.usefixtures("purpose")
@pytest.mark.parametrize(
    ("modes", "said"),
    [
        (["read"], ""),
        (["read", "append"], "De instantie mag hier gegevens bijzetten."),
        (["append"], "De instantie mag hier alleen gegevens bijzetten, en niets lezen."),
    ],
)
async def test_the_notice_says_that_data_may_be_added(
    village: Village, modes: list[str], said: str
) -> None:
    # Invariant 5.
    data = [{"target": RESULTS, "members": True}]
    name = await asked(village, purpose=NAME, data=data, modes=modes)

    notice: Any = await show_notice(village.house, AN_WHO, name, "nl")

    lines = next(s["lines"] for s in notice["sections"] if s["section"] == "what")
    assert [line for line in lines if "bijzetten" in line] == ([said] if said else [])
