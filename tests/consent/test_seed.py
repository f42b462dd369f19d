# SPDX-License-Identifier: EUPL-1.2
"""KC-8: the registry from and to a file."""

import pytest

from consent.registry.seed import export_registry, seed_registry
from pod.errors import PodError

from .conftest import AGENCIES, AGENCY, BASE, PURPOSES, START, Village


async def test_seeding_again_adds_nothing_and_changes_nothing(village: Village) -> None:
    before = await export_registry(village.db, BASE)

    seeded = await seed_registry(village.db, BASE, AGENCIES, PURPOSES, START + 1)

    assert (seeded.agencies, seeded.purposes) == (0, 0)
    assert await export_registry(village.db, BASE) == before


async def test_what_is_exported_can_be_imported(village: Village) -> None:
    exported = await export_registry(village.db, BASE)

    seeded = await seed_registry(
        village.db, BASE, exported["agencies"], exported["purposes"], START
    )

    assert (seeded.agencies, seeded.purposes) == (0, 0)
    assert AGENCY in {agency["id"] for agency in exported["agencies"]}
    assert "draft" in {purpose["state"] for purpose in exported["purposes"]}


@pytest.mark.parametrize(
    ("agencies", "purposes", "problem"),
    [
        ([{**AGENCIES[0], "id": "/.consent/agencies/new"}], [], "exists"),
        ([{**AGENCIES[0], "colour": 1}], [], "unknown-term"),
        ([{"id": "/.consent/agencies/new"}], [], "bad-term"),
        ([], [{**PURPOSES[0], "id": "/.consent/purposes/x/1", "agency": "/no"}], "unknown-agency"),
        ([], [{**PURPOSES[0], "label": {"en": "No Dutch"}}], "bad-term"),
        ([], [{**PURPOSES[0], "limits": {"maxCounts": 1}}], "unknown-term"),
        ([], [{**PURPOSES[0], "limits": {"maxDuration": "3 months"}}], "bad-term"),
    ],
)
async def test_a_registry_that_does_not_fit_is_refused_whole(
    village: Village,
    agencies: list[dict[str, object]],
    purposes: list[dict[str, object]],
    problem: str,
) -> None:
    before = await export_registry(village.db, BASE)

    with pytest.raises(PodError) as refused:
        await seed_registry(village.db, BASE, agencies, purposes, START)

    assert refused.value.problem == problem
    assert await export_registry(village.db, BASE) == before
