# SPDX-License-Identifier: EUPL-1.2
"""Plain builders: people, pods, and one way to ask a house for something."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from acl import wac
from identity.door import STATUS
from identity.who import ANYONE, Who
from ldp.ask import Answer, Ask, Body, House
from ldp.conditions import read_conditions
from ldp.keeping import keep
from ldp.link import names_context, types_of
from ldp.operations import perform
from pod.database import Tx
from pod.errors import PodError
from pod.files import Files
from pod.instant import Instant, Now
from pod.iri import Iri, refuse_reserved
from pod.sqlite import Sqlite

BASE = Iri("http://localhost:3000/")
ROOT = Iri(BASE + "an/")
AN = Who(webid=ROOT + "profile/card#me", client="an-app", issuer=BASE)
BOB = Who(webid="https://ambt.example/id#b", client="https://app.gov.example/id", issuer=BASE)

OWNER_RULE = """
@prefix acl: <http://www.w3.org/ns/auth/acl#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<#owner> a acl:Authorization; acl:agent <{an}>; acl:accessTo <{here}>; acl:default <{here}>;
    acl:mode acl:Read, acl:Write, acl:Control .
"""


async def make_pod(tx: Tx, root: Iri, owner: str, now: Instant) -> None:
    """A pod with a root ACL that gives its owner everything."""
    await tx.run(
        "INSERT INTO account (id, kind, operator, created) VALUES (:id, 'person', 0, :now)",
        id=root,
        now=now,
    )
    await tx.run(
        "INSERT INTO pod (iri, id, account, created, seq) VALUES (:root, :root, :root, :now, 0)",
        root=root,
        now=now,
    )
    await tx.run("INSERT INTO owner (pod, webid, visible) VALUES (:p, :w, 0)", p=root, w=owner)
    await keep(tx, root, "text/turtle", b"", now, created=True)
    rule = OWNER_RULE.format(an=owner, here=root).encode()
    await keep(tx, Iri(root + ".acl"), "text/turtle", rule, now, created=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back, an error as its status and problem."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the operations of a real house, as the routes do."""

    house: House

    async def __call__(
        self,
        method: str,
        path: str,
        who: Who = ANYONE,
        body: bytes | str | None = None,
        media_type: str | None = None,
        **headers: str,
    ) -> Outcome:
        named = {key.replace("_", "-").title(): value for key, value in headers.items()}
        data = body.encode() if isinstance(body, str) else body
        target = Iri(path if path.startswith("http") else ROOT + path.removeprefix("/"))
        try:
            refuse_reserved(target)
            answer = await perform(
                self.house,
                Ask(
                    method=method,
                    target=target,
                    who=who,
                    conditions=read_conditions(named),
                    accept=named.get("Accept"),
                    content_type=media_type,
                    slug=named.get("Slug"),
                    types=types_of([named["Link"]]) if "Link" in named else frozenset(),
                    has_context="Link" in named and names_context([named["Link"]]),
                    body=None if data is None else _body(data),
                ),
            )
        except PodError as error:
            status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
            return Outcome(status, error.headers, error.detail.encode(), error.problem)
        return Outcome(answer.status, answer.headers, _bytes(answer))

    async def acl(self, path: str, *rules: str) -> None:
        """Give the resource an ACL of its own: An keeps everything, the rules come on top."""
        here = ROOT + path.removeprefix("/")
        text = OWNER_RULE.format(an=AN.webid, here=here) + "\n".join(rules)
        made = await self("PUT", path + ".acl", AN, text, "text/turtle")
        assert made.status in (201, 204), made


def _bytes(answer: Answer) -> bytes:
    if answer.body is None:
        return b""
    return answer.body if isinstance(answer.body, bytes) else answer.body.read_bytes()


def _body(data: bytes) -> Body:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 1 << 16):
            yield data[start : start + (1 << 16)]

    return Body(pieces, len(data))


def a_house(db: Sqlite, files: Files, now: Now, **changes: object) -> House:
    """A house with WAC alone as its source of permission."""
    given: dict[str, object] = {
        "base": BASE,
        "db": db,
        "files": files,
        "now": now,
        "sources": (wac.permits,),
        "contexts": {},
        "largest_body": 10_000_000,
    }
    return House(**(given | changes))  # type: ignore[arg-type]  # given by name, checked by tests


def rule(subject: str, target: str, modes: str, more: str = "") -> str:
    """One acl:Authorization in Turtle; *target* is acl:accessTo, acl:default or both."""
    named = ", ".join(f"acl:{mode}" for mode in modes.split())
    return f"[] a acl:Authorization; {subject}; {target}; acl:mode {named} {more} ."
