# SPDX-License-Identifier: EUPL-1.2
"""How much a pod may hold, and who changed which ACL."""

from dataclasses import replace

import pytest

from pod.database import Row, Tx
from tests.people import AN, BOB, ROOT, Asking, rule

TURTLE = "text/turtle"
PLAIN = "text/plain"


async def _used(tx: Tx) -> tuple[int, int]:
    kept = await tx.one("SELECT used FROM pod WHERE iri = :pod", pod=ROOT)
    real = await tx.one("SELECT SUM(size) AS size FROM resource WHERE pod = :pod", pod=ROOT)
    assert kept is not None
    assert real is not None
    return kept["used"], real["size"]


async def _changes(tx: Tx) -> list[Row]:
    return list(await tx.all("SELECT * FROM acl_change WHERE pod = :pod ORDER BY seq", pod=ROOT))


async def _with_room(an: Asking, more: int) -> Asking:
    used, _ = await an.house.db.read(_used)
    return Asking(replace(an.house, quota=used + more))


async def test_the_counter_is_the_sum_of_everything_kept(an: Asking) -> None:  # A8
    await an("PUT", "a/b", AN, "x" * 100, PLAIN)
    await an("PUT", "a/b", AN, "x" * 70_000, PLAIN)
    await an("PUT", "c", AN, "<#a> <#p> 1 .", TURTLE)
    await an("PATCH", "c", AN, "INSERT DATA { <#b> <#p> 2 }", "application/sparql-update")
    await an("PUT", "c.meta", AN, "<c> <http://e/p> 3 .", TURTLE)
    await an.acl("c")
    assert (await an("POST", "a/", AN, "posted", PLAIN)).status == 201
    used, real = await an.house.db.read(_used)
    assert used == real > 70_000

    assert (await an("DELETE", "a/b", AN)).status == 204
    assert (await an("DELETE", "c", AN)).status == 204

    used, real = await an.house.db.read(_used)
    assert used == real < 70_000


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_no_room_left_is_413_with_a_type_of_its_own(an: Asking, method: str) -> None:  # A8
    path = "d" if method == "PUT" else ""
    small = await _with_room(an, 10)

    full = await small(method, path, AN, "x" * 11, PLAIN)
    large = await small(method, path, AN, "x" * (an.house.largest_body + 1), PLAIN)

    assert (full.status, full.problem) == (413, "quota-exceeded")
    assert "constraints/quota" in full.headers["Link"]
    assert (large.status, large.problem) == (413, "too-large")
    assert (await small(method, path, AN, "x" * 10, PLAIN)).status == 201


async def test_a_patch_that_does_not_fit_leaves_all_as_it_was(an: Asking) -> None:  # A8
    assert (await an("PUT", "d", AN, "<#a> <#p> 1 .", TURTLE)).status == 201
    before = await an.house.db.read(_used)
    small = await _with_room(an, 5)

    update = "INSERT DATA { <#b> <#p> 222222222 }"
    full = await small("PATCH", "d", AN, update, "application/sparql-update")

    assert (full.status, full.problem) == (413, "quota-exceeded")
    assert (await small("GET", "d", AN)).body == b"<#a> <#p> 1 ."
    assert await an.house.db.read(_used) == before


async def test_a_full_pod_can_still_be_made_smaller(an: Asking) -> None:  # A8
    await an("PUT", "d", AN, "x" * 100, PLAIN)
    full = await _with_room(an, -50)

    assert (await full("PUT", "e", AN, "x", PLAIN)).problem == "quota-exceeded"
    assert (await full("PUT", "d", AN, "x" * 90, PLAIN)).status == 204
    assert (await full("DELETE", "d", AN)).status == 204
    assert (await full("PUT", "e", AN, "x", PLAIN)).status == 201


async def test_each_change_of_an_acl_is_on_record_with_who(an: Asking) -> None:  # WAC-36
    await an("PUT", "d", AN, "<#a> <#p> 1 .", TURTLE)
    control = rule(f"acl:agent <{BOB.webid}>", f"acl:accessTo <{ROOT}d>", "Control")
    await an.acl("d", control)
    add = f"INSERT DATA {{ <#n> <http://e/p> <{ROOT}d> }}"
    assert (await an("PATCH", "d.acl", BOB, add, "application/sparql-update")).status == 204
    assert (await an("DELETE", "d", AN)).status == 204

    rows = await an.house.db.read(_changes)

    assert [(row["iri"], row["kind"], row["webid"]) for row in rows] == [
        (ROOT + "d.acl", "create", AN.webid),
        (ROOT + "d.acl", "update", BOB.webid),
        (ROOT + "d.acl", "delete", AN.webid),
    ]
    assert BOB.webid in rows[0]["body"]
    assert "http://e/p" in rows[1]["body"]
    assert rows[0]["media_type"] == TURTLE


async def test_a_refused_change_of_an_acl_is_not_on_record(an: Asking) -> None:  # WAC-36
    await an("PUT", "d", AN, "<#a> <#p> 1 .", TURTLE)

    text = rule(
        "acl:agentClass <http://xmlns.com/foaf/0.1/Agent>", f"acl:accessTo <{ROOT}d>", "Read"
    )
    assert (await an("PUT", "d.acl", BOB, text, TURTLE)).status == 403

    assert await an.house.db.read(_changes) == []
