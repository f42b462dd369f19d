# SPDX-License-Identifier: EUPL-1.2
"""Who plays in the story, and what they are called on the server."""

import secrets
from dataclasses import dataclass, replace

from commands.client import Credentials, Login, Web
from commands.demo.telling import Story

LOON = "https://data.vlaanderen.be/ns/loongegevens#"
AGENCY_NAME = "Voorbeeldagentschap Opvang"
ASKED = tuple(LOON + name for name in ("brutoloon", "verloningsperiode", "werkgever"))
CASE = "OPV-2026-0417"
SCOPE = "openid webid consent"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; the password is new in each story."""

    name: str
    email: str
    password: str
    pod_name: str


@dataclass(frozen=True, slots=True)
class Citizen:
    person: Person
    pod: str
    web_id: str
    login: Login

    @property
    def name(self) -> str:
        return self.person.name

    def has(self, path: str) -> str:
        return self.pod + path


@dataclass(frozen=True, slots=True)
class Agency:
    """The agency's service: it signs in with credentials that the operator registered."""

    login: Login
    id: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, before the curtain rises."""

    operator: Person
    agency: Person
    an: Person
    youssef: Person
    client_secret: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What each chapter needs: the wire, and somebody who tells."""

    web: Web
    story: Story
    cast: Cast

    @property
    def agency_id(self) -> str:
        return agency_id(self.web.base)

    @property
    def purpose_id(self) -> str:
        return purpose_id(self.web.base)

    @property
    def agency_credentials(self) -> Credentials:
        return agency_credentials(self.web.base, self.cast)


AGENCY_CLIENT = "opvang-dienst"


def agency_id(base: str) -> str:
    return f"{base}.consent/agencies/voorbeeldagentschap-opvang"


def purpose_id(base: str) -> str:
    return f"{base}.consent/purposes/opvangtarief/1"


def web_id_of(base: str, person: Person) -> str:
    return f"{base}{person.pod_name}/profile/card#me"


def agency_credentials(base: str, cast: Cast) -> Credentials:
    return Credentials(AGENCY_CLIENT, cast.client_secret, web_id_of(base, cast.agency))


def new_cast() -> Cast:
    return Cast(
        operator=_with_password(Person("Kaat", "kaat@kluis.example", "", "")),
        agency=_with_password(Person(AGENCY_NAME, "dienst@opvang.example", "", "opvang")),
        an=_with_password(Person("An", "an@voorbeeld.example", "", "an")),
        youssef=_with_password(Person("Youssef", "youssef@voorbeeld.example", "", "youssef")),
        client_secret=secrets.token_urlsafe(24),
    )


def _with_password(person: Person) -> Person:
    return replace(person, password=f"kluis-{secrets.token_hex(5)}")
