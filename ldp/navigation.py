# SPDX-License-Identifier: EUPL-1.2
"""A13: a browser that opens data as a page is led to the page that shows it."""

from collections.abc import Mapping

from ldp.ask import Answer, Ask, House
from ldp.headers import VARY
from ldp.negotiate import choose
from pod import rdf
from pod.iri import described_by, is_container

PAGES = "-/data/"
HTML = "text/html"


def opens_a_page(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a person opens the address: no script and no program sends all of this.

    Fetch Metadata §2.2: only the browser itself sets Sec-Fetch-Mode, and a navigation has no token.
    """
    if headers.get("Sec-Fetch-Mode") != "navigate" or method != "GET":
        return False
    # Named last: of equals the one that is offered first wins, and */* does not ask for HTML.
    wanted = choose(headers.get("Accept") or "*/*", (*rdf.OFFERED, HTML))
    return wanted == HTML and "Authorization" not in headers


def is_always_led(ask: Ask) -> bool:
    """Containers and descriptions are RDF, whatever is in them and whoever may read them."""
    return ask.navigates and (is_container(ask.target) or described_by(ask.target) is not None)


def lead(house: House, ask: Ask) -> Answer:
    """The same for what is private, absent or RDF: the page asks who it is and decides itself."""
    path = ask.target[len(house.base) :]
    location = f"{house.base}{PAGES}{path}"
    return Answer(303, {"Location": location, "Cache-Control": "no-store", "Vary": VARY})
