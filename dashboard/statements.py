# SPDX-License-Identifier: EUPL-1.2
"""Pages that explain: the words we use, what Kluis keeps of people, who can use these pages."""

from dataclasses import dataclass

from consent.house import House
from dashboard.visit import Page, Visit
from dashboard.words import mark


@dataclass(frozen=True, slots=True)
class Word:
    """One word and what it means here (ui.md §4)."""

    word: str
    meaning: str


WORDS = (
    Word(mark("toestemming"), mark("U laat één instantie iets lezen, voor één doel.")),
    Word(mark("vraag"), mark("Een instantie vraagt om te mogen lezen.")),
    Word(mark("doel"), mark("Waarvoor een instantie uw gegevens nodig heeft.")),
    Word(mark("reden in de wet"), mark("De wet, of uw toestemming.")),
    Word(
        mark("lezen door de wet"),
        mark("Een instantie mag dit zonder uw toestemming. U ziet het wel."),
    ),
    Word(mark("bewaartermijn"), mark("Hoelang de instantie haar kopie houdt.")),
    Word(mark("geldig tot"), mark("Vanaf dan stopt het vanzelf.")),
    Word(mark("intrekken"), mark("Het lezen stopt meteen. Wat al gelezen is, blijft bij hen.")),
    Word(mark("pauzeren en hervatten"), mark("Tijdelijk stoppen, en weer toelaten.")),
    Word(mark("beperken"), mark("Minder gegevens, korter of minder vaak.")),
    Word(mark("later"), mark("U beslist nog niets. Er wordt niets gedeeld.")),
    Word(mark("wie las mee"), mark("Elke keer dat iemand las of dat probeerde.")),
    Word(mark("bewijs"), mark("Een ondertekend overzicht van wat is afgesproken.")),
    Word(mark("wat als u nee zegt"), mark("Het gevolg van een nee. Dat staat er altijd bij.")),
    Word(mark("geweigerd"), mark("Iemand probeerde te lezen, maar mocht niet.")),
)


async def words_page(house: House, visit: Visit) -> Page:
    """The list of words."""
    return Page("words.html", {"entries": WORDS})


async def privacy_page(house: House, visit: Visit) -> Page:
    """What this server keeps of people, and how it ends."""
    return Page("privacy.html", {"host": house.base})


async def accessibility_page(house: House, visit: Visit) -> Page:
    """The statement, with what is not yet good."""
    return Page("accessibility.html")
