# SPDX-License-Identifier: EUPL-1.2
"""More small promises that mutation testing found nobody looking at (docs/mutation.md)."""

from acl.permit import Ground

from pod.instant import DAY

from .conftest import AGENCY, AGENCY_WHO, BANK_WHO, BASE, OTHER_PURPOSE, SLIPS, Village
from .steps import granted


async def test_a_try_without_a_grant_for_it_is_in_the_log_in_the_agencys_name(
    village: Village,
) -> None:
    # Decision 18: told what concerns its own grants, and she sees who tried.
    await granted(village)

    beside = (await village.decide(AGENCY_WHO, SLIPS[2])).denial
    nothing = (await village.decide(BANK_WHO, SLIPS[2])).denial

    assert beside is not None
    assert (beside.problem, beside.detail) == (
        "target-not-granted",
        "None of your permissions here is for this.",
    )
    assert beside.ground == Ground(AGENCY, "consent")
    assert nothing is not None
    assert (nothing.problem, nothing.detail) == (
        "grant-missing",
        "You have no permission in this pod.",
    )
    assert nothing.ground == Ground(f"{BASE}.consent/agencies/bank", "consent")


async def test_another_purpose_is_told_apart_while_a_grant_lasts_and_after_it(
    village: Village,
) -> None:  # KC-21
    await granted(village, duration="P1D")
    for _ in range(2):
        denial = (await village.decide(AGENCY_WHO, SLIPS[0], purpose=OTHER_PURPOSE)).denial

        assert denial is not None
        assert denial.problem == "purpose-mismatch"
        assert denial.detail == "Kluis-Purpose is not the purpose of this permission."
        village.later(2 * DAY)
