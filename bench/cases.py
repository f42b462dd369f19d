# SPDX-License-Identifier: EUPL-1.2
"""What is measured: each case writes and signs its own requests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from bench.house import House, document
from bench.wrk import raw
from commands.client import Login

TURTLE = {"Accept": "text/turtle"}


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table."""

    name: str
    requests: Iterator[bytes]
    sample: Callable[[], tuple[str, str, dict[str, str], bytes]]
    again: bool  # whether one request may be sent over and over: nothing in it is used up
    ratio_wanted: float | None = None
    ms_wanted: float | None = None


Ask = Callable[[], tuple[str, str, dict[str, str], bytes]]


def case(name: str, ask: Ask, again: bool = False, **wanted: float) -> Case:
    return Case(
        name,
        (raw(*ask()) for _ in count()),
        ask,
        again,
        wanted.get("ratio"),
        wanted.get("ms"),
    )


def cases(house: House) -> list[Case]:
    pod = house.pod
    return [
        case("GET, public, 1 KB", public(house.public), again=True, ratio=0.15),
        case("GET with DPoP, private, 1 KB", private(house.private, house.owner), ratio=0.08),
        case("GET under a grant, projected", private(house.granted, house.agency)),
        case("PUT of a new document, 1 KB", put(f"{pod}new/", house.owner)),
        case("PATCH (N3), one triple", patch(house.patched, house.owner)),
        case("GET, listing of 100 members", public(f"{pod}open/100/"), again=True),
        case("GET, listing of 1,000 members", public(f"{pod}open/1000/"), again=True, ms=8),
    ]


def public(url: str) -> Ask:
    return lambda: ("GET", url, dict(TURTLE), b"")


def private(url: str, login: Login) -> Ask:
    """Each request with a proof of its own (RFC 9449 §11.1: a proof is used once)."""
    return lambda: ("GET", url, TURTLE | login.headers("GET", url), b"")


def put(folder: str, login: Login) -> Ask:
    numbers, body = count(), document()

    def ask() -> tuple[str, str, dict[str, str], bytes]:
        url = f"{folder}{next(numbers)}.ttl"
        return "PUT", url, {"Content-Type": "text/turtle"} | login.headers("PUT", url), body

    return ask


def patch(documents: tuple[str, ...], login: Login) -> Ask:
    """A new triple each time, spread over documents so that none grows large."""
    numbers = count()

    def ask() -> tuple[str, str, dict[str, str], bytes]:
        number = next(numbers)
        url = documents[number % len(documents)]
        body = (
            "@prefix solid: <http://www.w3.org/ns/solid/terms#> .\n"
            "<#p> a solid:InsertDeletePatch ;\n"
            f"  solid:inserts {{ <#loon> <https://meter.example/n> {number} . }} .\n"
        ).encode()
        return "PATCH", url, {"Content-Type": "text/n3"} | login.headers("PATCH", url), body

    return ask
