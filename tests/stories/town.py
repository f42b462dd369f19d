# SPDX-License-Identifier: EUPL-1.2
"""A real server with An, an agency and its purpose, for stories over HTTP."""

from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from commands.answer import Json, text_at, want_status
from commands.client import Login, Newcomer, Web, log_in, open_account, open_web
from commands.demo.asking import asked_of
from commands.demo.cast import (
    SCOPE,
    Agency,
    Citizen,
    agency_credentials,
    agency_id,
    new_cast,
    purpose_id,
)
from commands.demo.papers import SLIPS
from commands.demo.seed import seed
from commands.launch import Place, free_port, start, stop

COUNT = 5


@dataclass(frozen=True, slots=True)
class Town:
    """Everybody signed in, and An's wage slips in her pod."""

    web: Web
    place: Place
    process: Process
    an: Newcomer
    login: Login
    citizen: Citizen
    agency: Agency

    @property
    def slip(self) -> str:
        return self.an.pod + SLIPS[0].path

    async def ask(self, **changes: Json) -> Json:
        """The agency's request; its answer's JSON."""
        question: Json = {**asked_of(self.citizen, self.agency, COUNT), **changes}
        answer = await self.web.post(".consent/requests", question, self.agency.login)
        return want_status(answer, 202).json

    async def say_yes(self, request: str) -> str:
        """An reads the notice and approves it; the grant."""
        notice = want_status(await self.web.get(f"{request}/notice?lang=nl", self.login), 200).json
        yes: Json = {"noticeHash": text_at(notice, "hash"), "lang": "nl"}
        return want_status(await self.web.post(f"{request}/approve", yes, self.login), 201).header(
            "Location"
        )

    def memory_peak(self) -> int:
        """The most that the server process ever used, in MiB."""
        return _status(self.process.pid, "VmHWM")

    def memory(self) -> int:
        """What the server process uses now, in MiB."""
        return _status(self.process.pid, "VmRSS")


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) // 1024
    raise LookupError(name)


@asynccontextmanager
async def a_town(folder: Path, **environ: str) -> AsyncIterator[Town]:
    """Start, furnish, and stop again; `environ` are KLUIS_… settings for this server alone."""
    place, cast = Place(folder, free_port(), settings=environ), new_cast()
    place.sow(seed(place.base, cast))
    process = await start(place)
    try:
        async with open_web(place.base) as web:
            an = await open_account(web, cast.an.email, cast.an.password, cast.an.pod_name)
            login = await log_in(web, an.credentials, SCOPE)
            for slip in SLIPS:
                made = await web.put(an.pod + slip.path, login, slip.media_type, slip.body)
                want_status(made, 201)
            service = await log_in(web, agency_credentials(web.base, cast), "webid")
            agency = Agency(service, agency_id(web.base), purpose_id(web.base))
            citizen = Citizen(cast.an, an.pod, an.web_id, login)
            yield Town(web, place, process, an, login, citizen, agency)
    finally:
        await stop(process)
