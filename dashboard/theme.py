# SPDX-License-Identifier: EUPL-1.2
"""Light or dark: as the device says, unless somebody chose (ui.md §5)."""

from consent.house import House
from dashboard.forms import safe_next
from dashboard.visit import Away, Visit
from dashboard.words import mark

THEMES = (
    ("", mark("Zoals uw toestel")),
    ("light", mark("Licht")),
    ("dark", mark("Donker")),
)


def theme_of(cookie: str | None) -> str:
    """What was chosen in this browser; "" for no choice, or for nonsense."""
    return cookie if cookie in ("light", "dark") else ""


async def choose_theme(house: House, visit: Visit) -> Away:
    """Kept in this browser alone."""
    return Away(safe_next(visit.form.one("next")), theme=theme_of(visit.form.one("theme")))
