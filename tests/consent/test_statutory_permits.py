# SPDX-License-Identifier: EUPL-1.2
"""KC-26, domain.md 2.3: reading under an access by law; invariant 9 and half-open intervals."""

import secrets
from dataclasses import replace
from typing import Any

import orjson
import pytest

from acl import wac
from acl.decide import PermitSource, decide
from acl.modes import Mode
from acl.permit import Ground, Permit, Verdict
from consent.law.acts import Try, declare, move, object_
from consent.law.permits import beside
from consent.law.reach import covering
from consent.law.rows import find_statutory
from consent.law.statutory import Move
from consent.lists import Page
from consent.log import reading as log
from identity.who import Named, Who
from ldp.admission import Denied
from ldp.ask import Answer, Ask
from ldp.ask import House as DataHouse
from ldp.conditions import read_conditions
from ldp.reading import read
from notify import outbox
from pod import contents
from pod.database import Tx
from pod.errors import PodError
from pod.instant import DAY, Instant, text_of
from pod.iri import Iri
from pod.resource import Found

from .conftest import (
    AGENCY,
    AGENCY_WHO,
    AN,
    AN_WHO,
    BANK_WHO,
    BASE,
    LOON,
    PURPOSE,
    SECRET,
    SLIPS,
    START,
    YOUSSEF,
    Village,
)
from .office import KAAT_WHO, add_operator
from .steps import granted

LAWFUL = f"{BASE}.consent/purposes/wettelijk/1"
GROUND = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e"
CITIZEN = "https://w3id.org/dpv#Citizen"


async def lawful(village: Village, **changes: object) -> Iri:
    """An access by law to An's first slip, one property; its name."""
    if not await village.db.read(_has_operator):
        await village.db.write(None, add_operator)
    body: dict[str, Any] = {
        "subject": AN,
        "agency": AGENCY,
        "purpose": LAWFUL,
        "data": [{"target": SLIPS[0], "properties": [f"{LOON}brutoloon"]}],
        "validUntil": text_of(START + 30 * DAY),
        "law": "Decreet",
        **changes,
    }
    kept = {name: value for name, value in body.items() if value is not None}
    name = village.house.name("statutory", secrets.token_urlsafe(16))
    answer = await declare(village.house, KAAT_WHO, kept, name)
    return Iri(str(answer.body["id"]))


async def _has_operator(tx: Tx) -> bool:
    return await tx.one("SELECT 1 AS x FROM account WHERE id = 'kaat'") is not None


async def moved(village: Village, access: Iri, verb: Move) -> None:
    await move(village.house, access, Try(KAAT_WHO, verb, {}))


def data_house(village: Village) -> DataHouse:
    return DataHouse(
        base=BASE,
        db=village.db,
        files=village.house.files,
        now=village.house.now,
        sources=(wac.permits, beside(village.source)),
        contexts={},
        largest_body=1_000_000,
    )


async def get(village: Village, iri: str, who: Who = AGENCY_WHO, **named: str) -> Answer:
    asking = replace(who, named=Named(**named))
    ask = Ask("GET", Iri(iri), asking, read_conditions({}), accept="text/turtle")
    return await read(data_house(village), ask)


async def refused(village: Village, iri: str, who: Who = AGENCY_WHO, **named: str) -> str:
    with pytest.raises(PodError) as error:
        await get(village, iri, who, **named)
    return error.value.problem


async def entries(village: Village) -> list[dict[str, Any]]:
    return await village.db.read(_entries)


async def _entries(tx: Tx) -> list[dict[str, Any]]:
    return [
        orjson.loads(r["entry"]) for r in await tx.all("SELECT entry FROM journal ORDER BY seq")
    ]


async def test_a_read_by_law_is_cut_down_and_logged_as_such(village: Village) -> None:
    access = await lawful(village)

    answer = await get(village, SLIPS[0], case="D-7", employee="e-1")

    body = answer.body if isinstance(answer.body, bytes) else b""
    assert answer.status == 200
    assert b"3200" in body
    assert b"2026-08" not in body
    assert SECRET.encode() not in body
    assert answer.headers["Kluis-Grant"] == access
    assert answer.headers["Cache-Control"] == "no-store"
    (entry,) = await entries(village)
    assert answer.headers["Kluis-Log"] == entry["id"]
    assert {
        name: entry[name] for name in ("outcome", "lane", "grant", "purpose", "legalBasis")
    } == {
        "outcome": "allowed",
        "lane": "statutory",
        "grant": access,
        "purpose": LAWFUL,
        "legalBasis": GROUND,
    }
    assert (entry["case"], entry["employee"], entry["agency"]) == ("D-7", "e-1", AGENCY)


async def test_nothing_of_it_is_a_grant(village: Village) -> None:  # invariant 9
    await lawful(village)
    await get(village, SLIPS[0])

    counted = await village.db.read(_counted)

    assert counted == (0, 0, 0)


async def _counted(tx: Tx) -> tuple[int, ...]:
    tables = ("consent_grant", "grant_event", "receipt")
    rows = [await tx.one(f"SELECT count(*) AS n FROM {table}") for table in tables]  # noqa: S608 - names of tables
    return tuple(0 if row is None else int(row["n"]) for row in rows)


async def test_it_can_be_read_as_often_as_needed(village: Village) -> None:
    await lawful(village)

    for _ in range(12):
        assert (await get(village, SLIPS[0])).status == 200

    assert len(await entries(village)) == 12


async def test_the_interval_is_half_open(village: Village) -> None:
    start, end = START + DAY, START + 3 * DAY
    access = await lawful(village, validFrom=text_of(start), validUntil=text_of(end))
    results = []
    for moment in (start - 1, start, end - 1, end):
        village.time[0] = moment
        try:
            results.append(str((await get(village, SLIPS[0])).status))
        except PodError as error:
            results.append(error.problem)

    assert results == ["grant-not-started", "200", "200", "grant-expired"]
    for entry in await entries(village):  # invariant 2
        assert entry["grant"] == access
        assert text_of(start) <= entry["time"] < text_of(end)


@pytest.mark.parametrize(
    ("verb", "problem"), [(Move.SUSPEND, "grant-paused"), (Move.END, "grant-revoked")]
)
async def test_what_an_operator_stops_is_stopped_at_once(
    village: Village, verb: Move, problem: str
) -> None:
    access = await lawful(village)
    assert (await get(village, SLIPS[0])).status == 200

    await moved(village, access, verb)

    assert await refused(village, SLIPS[0]) == problem
    if verb is Move.SUSPEND:
        await moved(village, access, Move.RESUME)
        assert (await get(village, SLIPS[0])).status == 200


async def test_a_suspended_purpose_stops_it(village: Village) -> None:
    await lawful(village)
    await village.db.write(None, _set_purpose, "suspended")

    assert await refused(village, SLIPS[0]) == "grant-paused"

    await village.db.write(None, _set_purpose, "retired")
    assert (await get(village, SLIPS[0])).status == 200


async def _set_purpose(tx: Tx, state: str) -> None:
    await tx.run("UPDATE purpose SET state = :state WHERE id = :id", state=state, id=LAWFUL)


async def test_a_suspended_agency_reads_nothing(village: Village) -> None:
    await lawful(village)
    await village.db.write(None, _suspend_agency)

    assert await refused(village, SLIPS[0]) == "forbidden"


async def _suspend_agency(tx: Tx) -> None:
    await tx.run("UPDATE agency SET state = 'suspended' WHERE id = :id", id=AGENCY)


async def test_an_objection_stops_it_for_her_alone(village: Village) -> None:
    access = await lawful(
        village,
        subject=None,
        **{"class": CITIZEN},
        data=[{"class": f"{LOON}Loonfiche", "properties": [f"{LOON}brutoloon"]}],
    )
    hers = f"{BASE}youssef/fiche.ttl"
    await village.put(hers, f"<> a <{LOON}Loonfiche> ; <{LOON}brutoloon> 1 .".encode())
    assert (await get(village, SLIPS[0])).status == (await get(village, hers)).status == 200

    case = village.house.name("cases", "c")
    await object_(village.house, AN_WHO, access, ("Nee", True, case))

    assert await refused(village, SLIPS[0]) == "grant-paused"
    assert (await get(village, hers)).status == 200
    await moved(village, access, Move.RESUME)
    assert (await get(village, SLIPS[0])).status == 200


async def test_a_class_is_what_a_resource_says_it_is(village: Village) -> None:
    await lawful(
        village,
        subject=None,
        **{"class": CITIZEN},
        data=[{"class": f"{LOON}Loonfiche", "properties": [f"{LOON}brutoloon"]}],
    )
    other, broken, big = (f"{BASE}an/{name}" for name in ("lijst.ttl", "stuk.ttl", "groot.ttl"))
    await village.put(other, f"<> <{LOON}brutoloon> 1 .".encode())
    await village.put(broken, b"<> a ")
    large = f"<> a <{LOON}Loonfiche> ; <{LOON}brutoloon> 1 . # {'x' * 70_000}"
    await village.put(big, large.encode())

    assert (await get(village, SLIPS[1])).status == 200
    for iri in (other, broken, big, f"{BASE}an/foto.pdf", f"{BASE}an/inkomen/"):
        assert await refused(village, iri) == "grant-missing"
    assert await refused(village, f"{SLIPS[0]}.acl") == "grant-missing"


@pytest.mark.parametrize("iri", [f"{BASE}niemand/x.ttl", f"{BASE}an/niets.ttl", f"{BASE}an/"])
async def test_what_is_not_there_and_what_is_not_covered_look_alike(
    village: Village, iri: str
) -> None:  # invariant 13
    await lawful(
        village,
        subject=None,
        **{"class": CITIZEN},
        data=[{"class": f"{LOON}Loonfiche", "properties": [f"{LOON}brutoloon"]}],
    )

    assert await refused(village, iri) == "grant-missing"


@pytest.mark.parametrize("verb", [Move.SUSPEND, Move.END])
async def test_what_a_class_allowed_once_tells_nothing_of_what_is_there(
    village: Village, verb: Move
) -> None:
    """T-33, invariant 13: the same word for a thing of the class, another one, and nothing."""
    access = await lawful(
        village,
        subject=None,
        **{"class": CITIZEN},
        data=[{"class": f"{LOON}Loonfiche", "properties": [f"{LOON}brutoloon"]}],
    )
    await moved(village, access, verb)

    names = [SLIPS[0], f"{BASE}an/foto.pdf", f"{BASE}an/niets.ttl", f"{BASE}niemand/x.ttl"]
    told = {await refused(village, iri) for iri in names}

    assert told == {"grant-paused" if verb is Move.SUSPEND else "grant-revoked"}
    # A try is written down only where there is a pod, so its own log does not show it that.
    village.source = beside(village.source)
    assert await village.read(AGENCY_WHO, SLIPS[0]) in told
    house, pod = village.house, f"{BASE}an/"
    hers = await log.entries(house, AN_WHO, pod, log.Filter(), Page())
    assert [entry["grant"] for entry in hers] == [access]
    assert await log.entries(house, AGENCY_WHO, pod, log.Filter(), Page()) == []


async def test_another_file_of_hers_is_not_in_it(village: Village) -> None:
    await lawful(village)

    assert await refused(village, SLIPS[1]) == "target-not-granted"
    assert await refused(village, f"{SLIPS[0]}.acl") == "target-not-granted"
    assert await refused(village, f"{BASE}youssef/x.ttl") == "grant-missing"
    assert await refused(village, SLIPS[0], BANK_WHO) == "grant-missing"


async def test_it_is_about_the_pods_of_its_subject_only(village: Village) -> None:
    await lawful(village, subject=YOUSSEF)

    assert await refused(village, SLIPS[0]) == "grant-missing"


@pytest.mark.parametrize(
    ("who", "named", "problem"),
    [
        (replace(AGENCY_WHO, client="unknown"), {}, "client-mismatch"),
        (AGENCY_WHO, {"purpose": PURPOSE}, "purpose-mismatch"),
        (AGENCY_WHO, {"grant": f"{BASE}.consent/statutory/x"}, "grant-missing"),
    ],
)
async def test_what_is_said_must_fit(
    village: Village, who: Who, named: dict[str, str], problem: str
) -> None:
    await lawful(village)

    assert await refused(village, SLIPS[0], who, **named) == problem


async def test_any_client_of_the_agency_will_do(village: Village) -> None:
    access = await lawful(village)
    other = replace(AGENCY_WHO, client="opvang-other")

    answer = await get(village, SLIPS[0], other, grant=access, purpose=LAWFUL)

    assert answer.status == 200


async def test_writing_is_never_in_it(village: Village) -> None:
    await lawful(village)
    decision = await village.db.read(_modes, village)

    assert decision == Mode.READ


async def _modes(tx: Tx, village: Village) -> Mode:
    found = await contents.find(tx, Iri(SLIPS[0]))
    return (await decide(tx, AGENCY_WHO, found, START, [beside(village.source)])).modes


async def test_between_a_grant_and_the_law_nothing_is_guessed(village: Village) -> None:
    access = await lawful(village)  # decision 15
    grant = str((await granted(village))["id"])

    with pytest.raises(Denied) as error:
        await get(village, SLIPS[0])

    assert error.value.problem == "grant-ambiguous"
    listed: Any = error.value.more["grants"]
    assert {each["id"]: each["purpose"] for each in listed} == {access: LAWFUL, grant: PURPOSE}
    lanes = []
    for named in ({"grant": access}, {"purpose": LAWFUL}, {"grant": grant}, {"purpose": PURPOSE}):
        await get(village, SLIPS[0], **named)
        lanes.append((await entries(village))[-1]["lane"])
    assert lanes == ["statutory", "statutory", "consent", "consent"]
    assert (await village.db.read(_uses, grant)) == 2


async def _uses(tx: Tx, grant: str) -> int:
    row = await tx.one("SELECT uses FROM consent_grant WHERE id = :id", id=grant)
    return -1 if row is None else int(row["uses"])


async def test_what_only_one_of_the_two_allows_needs_no_name(village: Village) -> None:
    access = await lawful(village)
    ground = Ground(AGENCY, "consent", "g", PURPOSE)

    async def appending(tx: Tx, who: Who, found: Found, now: Instant) -> Verdict:
        return Verdict((Permit(Mode.APPEND, "g", ground=ground),))

    verdict = await village.db.read(_verdict, beside(appending), SLIPS[0])

    assert {permit.because: permit.modes for permit in verdict.permits} == {
        "g": Mode.APPEND,
        access: Mode.READ,
    }


async def test_two_accesses_by_law_are_ambiguous_too(village: Village) -> None:
    names = {await lawful(village), await lawful(village)}

    with pytest.raises(Denied) as error:
        await get(village, SLIPS[0])

    listed: Any = error.value.more["grants"]
    assert {each["id"] for each in listed} == names


async def test_a_grant_goes_on_beside_an_ended_access(village: Village) -> None:
    access = await lawful(village)
    await granted(village)

    await moved(village, access, Move.END)

    assert (await get(village, SLIPS[0])).status == 200
    assert (await entries(village))[-1]["lane"] == "consent"


async def test_what_is_no_rdf_is_not_cut_down(village: Village) -> None:
    target = f"{BASE}an/foto.pdf"
    await lawful(village, data=[{"target": target, "properties": [f"{LOON}brutoloon"]}])

    assert await refused(village, target) == "not-projectable"


async def test_spending_fails_when_it_has_just_been_stopped(village: Village) -> None:
    access = await lawful(village)
    decision = await village.db.read(_decided, village)
    permit = decision.because(Mode.READ)
    assert permit is not None
    assert permit.spend is not None
    await moved(village, access, Move.SUSPEND)

    with pytest.raises(PodError) as error:
        await village.db.write(Iri(f"{BASE}an/"), permit.spend, START)

    assert error.value.problem == "grant-paused"


async def _decided(tx: Tx, village: Village) -> Any:
    found = await contents.find(tx, Iri(SLIPS[0]))
    return await decide(tx, AGENCY_WHO, found, START, [beside(village.source)])


async def test_a_permit_from_before_a_pause_spends_nothing_after_it(village: Village) -> None:
    access = await lawful(village)
    permit = (await village.db.read(_decided, village)).because(Mode.READ)
    for verb in (Move.SUSPEND, Move.RESUME):
        await moved(village, access, verb)

    with pytest.raises(PodError) as error:
        await village.db.write(Iri(f"{BASE}an/"), permit.spend, START)

    assert error.value.problem == "grant-paused"


async def test_a_class_that_is_not_hers_gives_nothing_of_hers(village: Village) -> None:
    student, fiche = "https://w3id.org/dpv#Student", f"{BASE}youssef/fiche.ttl"
    await village.put(fiche, f"<> a <{LOON}Loonfiche> ; <{LOON}brutoloon> 1 .".encode())
    await village.put(YOUSSEF.partition("#")[0], f"<{YOUSSEF}> a <{student}> .".encode())
    await lawful(
        village,
        subject=None,
        **{"class": student},
        data=[{"class": f"{LOON}Loonfiche", "properties": [f"{LOON}brutoloon"]}],
    )

    assert (await get(village, fiche)).status == 200
    assert await refused(village, SLIPS[0]) == "grant-missing"


async def test_rules_and_descriptions_are_in_no_class(village: Village) -> None:
    access = await lawful(
        village,
        subject=None,
        **{"class": CITIZEN},
        data=[{"class": f"{LOON}Loonfiche", "properties": [f"{LOON}brutoloon"]}],
    )
    kept = await village.db.read(find_statutory, access)
    assert kept is not None
    for ending, found in ((".acl", False), (".meta", False), ("", True)):
        iri = f"{BASE}an/x.ttl{ending}"
        await village.put(iri, f"<{iri}> a <{LOON}Loonfiche> .".encode())
        resource = await village.db.read(contents.fetch, Iri(iri))
        assert bool(covering(kept, Iri(iri), resource)) is found


async def test_she_is_told_no_later_than_the_first_read(village: Village) -> None:
    access = await lawful(village, validFrom=text_of(START + DAY))
    village.later(DAY)

    await get(village, SLIPS[0])
    await get(village, SLIPS[0])

    changes = await village.db.read(outbox.since, Iri(f"{BASE}an/"), 0)
    assert [(c.kind, c.object) for c in changes] == [("StatutoryStarted", access)]


async def test_an_untouched_container_lists_what_it_is_about(village: Village) -> None:
    folder = f"{BASE}an/inkomen/"
    data = [{"target": each, "properties": [f"{LOON}brutoloon"]} for each in (folder, SLIPS[0])]
    await lawful(village, data=data)

    verdict = (await village.db.read(_verdict, beside(village.source), folder)).permits

    assert verdict[0].view.members == frozenset({SLIPS[0]})


async def _verdict(tx: Tx, source: PermitSource, iri: str) -> Any:
    found = await contents.find(tx, Iri(iri))
    return await source(tx, AGENCY_WHO, found, START)
