# SPDX-License-Identifier: EUPL-1.2
"""A person with a passkey, and what tests ask for her."""

from dataclasses import dataclass

from tests.identity.conftest import Person, Said, Town
from tests.identity.softkey import Json, SoftKey

ENTRY = ".account/login/passkey/"


@dataclass(frozen=True, slots=True)
class Ring:
    """A person, her account's address for passkeys, and a key of hers that is registered."""

    person: Person
    at: str
    key: SoftKey
    resource: str

    @property
    def account(self) -> str:
        return self.at.split("/")[5]


def new_key(town: Town) -> SoftKey:
    return SoftKey(town.base[:-1], "127.0.0.1")


def passkeys_at(person: Person) -> str:
    return str(person.controls["password"]["create"]).replace("password", "passkey")


async def options(town: Town, person: Person) -> Json:
    said = await town.look(passkeys_at(person) + "?step=add", person.session)
    assert said.status == 200, said
    return dict(said.json["options"])


async def offer(town: Town, person: Person, credential: Json, name: str = "Telefoon") -> Said:
    sent = {"name": name, "credential": credential}
    return await town.tell(passkeys_at(person), sent, person.session)


async def register(town: Town, person: Person) -> Ring:
    key = new_key(town)
    said = await offer(town, person, key.make(await options(town, person)))
    assert said.status == 200, said
    return Ring(person, passkeys_at(person), key, said.json["resource"])


async def asked(town: Town, step: str = "") -> Json:
    said = await town.look(ENTRY + step)
    assert said.status == 200, said
    return dict(said.json["options"])


async def show(town: Town, credential: object) -> Said:
    return await town.tell(ENTRY, {"credential": credential})


def problem(said: Said) -> tuple[int, str]:
    return said.status, said.json["details"].get("problem", "")
