# SPDX-License-Identifier: EUPL-1.2
"""Pages for everyone: help, what a refusal means, the rules that answers name."""

from consent.house import House
from dashboard.problems import CONSTRAINTS, PROBLEMS
from dashboard.visit import Page, Visit
from pod.errors import Missing

MISSING = "There is no such page."


async def help_page(house: House, visit: Visit) -> Page:
    """How it works, and the list of refusals."""
    return Page("help.html", {"problems": list(PROBLEMS.values())})


async def problem_page(house: House, visit: Visit) -> Page:
    """KC-3: the page that a problem's `help` names."""
    problem = PROBLEMS.get(visit.code)
    if problem is None:
        raise Missing(MISSING)
    return Page("problem.html", {"problem": problem})


async def constraint_page(house: House, visit: Visit) -> Page:
    """LDP #ldpr-constraints: what `rel="ldp:constrainedBy"` points to."""
    constraint = CONSTRAINTS.get(visit.code)
    if constraint is None:
        raise Missing(MISSING)
    return Page("constraint.html", {"constraint": constraint})


async def nothing(house: House, visit: Visit) -> Page:
    """Every other address below /-/."""
    raise Missing(MISSING)
