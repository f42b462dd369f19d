# SPDX-License-Identifier: EUPL-1.2
"""Decision 16 in one unit: who read under a grant before is decided, counted and logged at once."""

from functools import partial

import pytest

from identity.who import Who
from ldp.admission import Denied
from ldp.ask import House as DataHouse
from ldp.reading import read
from ldp.showing import QUICK
from pod import rdf
from pod.database import Tx
from pod.errors import NotAcceptable, NotSignedIn, Refused, Unavailable
from pod.instant import MINUTE

from .conftest import AGENCY_WHO, AN, AN_WHO, BASE, LOON, OPVANG, SECRET, SLIP, SLIPS, Village
from .steps import granted
from .test_reading_under_a_grant import (
    Interrupting,
    _entries,
    _uses,
    agreed,
    ask,
    data_house,
    withdrawn,
)


def known_house(village: Village, db: Interrupting) -> DataHouse:
    """A house that expects the agency's next read to be under a grant."""
    house = data_house(village, db)
    assert AGENCY_WHO.webid is not None
    house.readers.note(AGENCY_WHO.webid, under_grant=True)
    return house


def large(number: int) -> bytes:
    return SLIP.replace("3200", str(number)).encode() + b"# more\n" * QUICK


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("conditional", [False, True])
async def test_a_known_reader_takes_one_unit_and_a_withdrawal_before_it_stops_it(
    village: Village, method: str, conditional: bool
) -> None:  # promise 2
    grant = await agreed(village)
    db = Interrupting(village.db)
    house = known_house(village, db)
    fresh = await read(house, ask(SLIPS[0]))
    headers = {"If_None_Match": fresh.headers["ETag"]} if conditional else {}
    again = await read(house, ask(SLIPS[0], method, AGENCY_WHO, **headers))
    entries = await village.db.read(_entries)
    db.before, db.hook = db.units, partial(withdrawn, village, grant)

    with pytest.raises(Denied) as refusal:
        await read(house, ask(SLIPS[0], method, AGENCY_WHO, **headers))

    assert db.units == 3
    assert refusal.value.problem == "grant-withdrawn"
    assert await village.db.read(_entries) == entries
    assert again.headers["Kluis-Log"] == entries[-1]["id"]
    assert (again.status, again.headers["Kluis-Grant"]) == (304 if conditional else 200, grant)
    assert await village.db.read(_uses, grant) == (2 if (method, conditional) == ("GET", 0) else 1)


@pytest.mark.parametrize("media_type", rdf.OFFERED)
async def test_the_answer_is_that_of_the_long_way(village: Village, media_type: str) -> None:
    await agreed(village)
    asked = ask(SLIPS[0], accept=media_type)
    house = known_house(village, Interrupting(village.db))

    answers = [await read(data_house(village, village.db), asked)]
    answers += [await read(house, asked) for _ in range(2)]

    for answer in answers:
        del answer.headers["Kluis-Log"]
    assert answers[0] == answers[1] == answers[2]
    entries = await village.db.read(_entries)
    assert len({tuple(entry["properties"]) for entry in entries}) == 1


async def test_a_large_projection_is_made_before_and_then_found(village: Village) -> None:
    grant = await agreed(village)
    await village.put(SLIPS[0], large(1))
    db = Interrupting(village.db)
    house = known_house(village, db)

    first = await read(house, ask(SLIPS[0]))
    looked_and_settled = db.units
    second = await read(house, ask(SLIPS[0]))

    assert (looked_and_settled, db.units) == (2, 3)
    assert first.body == second.body
    assert await village.db.read(_uses, grant) == 2


async def test_what_was_made_before_serves_neither_other_contents_nor_other_grants(
    village: Village,
) -> None:  # T-42
    grant = await agreed(village)
    await village.put(SLIPS[0], large(1))
    house = known_house(village, Interrupting(village.db))
    await read(house, ask(SLIPS[0]))
    await village.put(SLIPS[0], large(2))

    changed = await read(house, ask(SLIPS[0]))
    await withdrawn(village, grant)
    less = [{"target": SLIPS[0], "required": True, "properties": [LOON + "verloningsperiode"]}]
    await granted(village, data=less)
    narrow = await read(house, ask(SLIPS[0]))

    assert isinstance(changed.body, bytes)
    assert isinstance(narrow.body, bytes)
    assert b"brutoloon> 2 " in changed.body
    assert b"brutoloon" not in narrow.body
    assert SECRET.encode() not in changed.body + narrow.body


async def test_a_refused_read_leaves_nothing_behind(village: Village) -> None:  # KC-20a, KC-21
    grant = await granted(village, minInterval="PT1H")
    house = known_house(village, Interrupting(village.db))
    await read(house, ask(SLIPS[0]))

    with pytest.raises(Denied) as too_soon:
        await read(house, ask(SLIPS[0]))
    with pytest.raises(NotAcceptable):
        await read(house, ask(SLIPS[0], accept="image/png"))
    village.later(61 * MINUTE)
    await read(house, ask(SLIPS[0]))

    assert too_soon.value.problem == "too-soon"
    assert await village.db.read(_uses, str(grant["id"])) == 2
    assert len(await village.db.read(_entries)) == 2


async def test_without_a_log_there_is_no_data_at_once_either(village: Village) -> None:
    grant = await agreed(village)  # promise 1, T-44
    house = known_house(village, Interrupting(village.db))

    async def break_log(tx: Tx) -> None:
        await tx.run("ALTER TABLE journal RENAME TO broken")

    await village.db.write(None, break_log)

    with pytest.raises(Unavailable):
        await read(house, ask(SLIPS[0]))

    assert await village.db.read(_uses, grant) == 0


async def test_a_wrong_guess_changes_no_answer(village: Village) -> None:
    rules = f"""@prefix acl: <http://www.w3.org/ns/auth/acl#> .
<#an> a acl:Authorization ; acl:agent <{AN}>, <{OPVANG}> ; acl:default <./> ; acl:mode acl:Read ."""
    await village.put(f"{BASE}an/inkomen/.acl", rules.encode())
    for who in (AN_WHO, AGENCY_WHO):
        db = Interrupting(village.db)
        house = data_house(village, db)
        house.readers.note(who.webid, under_grant=True)

        guessed = await read(house, ask(SLIPS[0], who=who))
        again = await read(house, ask(SLIPS[0], who=who))
        plain = await read(data_house(village, village.db), ask(SLIPS[0], who=who))

        assert guessed == again == plain
        assert isinstance(guessed.body, bytes)
        assert SECRET.encode() in guessed.body
        assert "Kluis-Grant" not in guessed.headers
        assert db.units == 2
    assert await village.db.read(_entries) == []


async def test_a_wrong_guess_refuses_with_the_same_words(village: Village) -> None:
    for who in (AN_WHO, AGENCY_WHO, Who()):
        house = data_house(village, village.db)
        house.readers.note(who.webid, under_grant=True)
        said = []
        for one in (house, data_house(village, village.db)):
            with pytest.raises((Refused, NotSignedIn)) as refusal:
                await read(one, ask(SLIPS[0], who=who))
            said.append((refusal.value.problem, str(refusal.value)))

        assert said[0] == said[1]
