# SPDX-License-Identifier: EUPL-1.2
"""The page of who read what, when, why and on what ground; refused tries too."""

import consent.log
from consent.house import House
from consent.lists import Page as Part
from dashboard import lookups
from dashboard.pages import by_day, code_of, label_path, log_row
from dashboard.visit import Page, Visit


async def log_page(house: House, visit: Visit) -> Page:
    """One page of the log of one pod, newest first."""
    pods = await lookups.pods(house, visit)
    number = visit.query.one("pod")
    chosen = int(number) if number.isdecimal() and int(number) < len(pods) else 0
    grant, after = visit.query.one("grant"), visit.query.one("after")
    filters = consent.log.Filter(grant=house.name("grants", grant) if grant else None)
    part = Part(lookups.PAGE + 1, house.name("log", after) if after else None)
    found = await lookups.entries(house, visit, pods[chosen], filters, part) if pods else []
    shown = found[: lookups.PAGE]
    names = await lookups.names_in_log(house, visit.language, shown)
    nobody = visit.words.say("iemand die niet aangemeld was")
    rows = [log_row(entry, names, nobody) for entry in shown]
    more = len(found) > len(shown)
    where = f"/-/log?pod={chosen}" + (f"&grant={code_of(grant)}" if grant else "")
    data = {
        "here": "log",
        "grant": grant,
        "pods": [
            {"number": n, "name": label_path(pod), "here": n == chosen}
            for n, pod in enumerate(pods)
        ],
        "days": by_day(rows, visit.words),
        "older": f"{where}&after={code_of(str(shown[-1]['id']))}" if more else "",
        "newer": where if after else "",
    }
    return Page("log.html", data)
