# SPDX-License-Identifier: EUPL-1.2
"""A host elsewhere that says who is in a group, and ACLs that name it."""

import asyncio
from dataclasses import dataclass, field, replace

from aiohttp import web

from tests.people import BOB, ROOT, Asking, rule

ACL = "http://www.w3.org/ns/auth/acl#"
TURTLE = "text/turtle"
MEMBER = "<http://www.w3.org/2006/vcard/ns#hasMember>"
BOBS = f"<#it> {MEMBER} <{BOB.webid}> ."
CAROL = replace(BOB, webid="https://carol.example/#me")


@dataclass(slots=True)
class Club:
    """A web server elsewhere that says who is a member, as the test wants it to."""

    base: str = ""
    text: str = BOBS
    status: int = 200
    media_type: str = TURTLE
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0
    asked: list[str] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        self.sent.append({name.lower(): value for name, value in request.headers.items()})
        await asyncio.sleep(self.slow)
        body = self.text.encode()
        headers = {"Content-Type": self.media_type, **self.headers}
        return web.Response(status=self.status, body=body, headers=headers)


def listing(others: int) -> str:
    """Bob and so many others, in few bytes."""
    return f"<#it> {MEMBER} <{BOB.webid}>" + "".join(f",<#{n}>" for n in range(others)) + " ."


def group_of(club: Club, *names: str) -> str:
    """The subject of a rule: groups in these documents of the club."""
    documents = names or ("g",)
    return "acl:agentGroup " + ", ".join(f"<{club.base}{name}#it>" for name in documents)


async def open_to(asking: Asking, club: Club, *names: str, modes: str = "Read") -> None:
    await asking.acl("d", rule(group_of(club, *names), f"acl:accessTo <{ROOT}d>", modes))
