# SPDX-License-Identifier: EUPL-1.2
"""The agency reads what it may, is refused what it may not, and everything once An withdraws."""

import uuid
from dataclasses import dataclass, field

from commands.answer import (
    Answer,
    Json,
    items_at,
    number_at,
    text_at,
    want,
    want_refused,
    want_same,
    want_status,
)
from commands.demo.asking import APPROVED, Yes
from commands.demo.cast import ASKED, LOON, Agency, Citizen, Stage
from commands.demo.papers import AUGUST, DIPLOMA, IBAN_SPELLINGS, OCTOBER, YOUSSEFS_SLIP

N_TRIPLES = "application/n-triples"
MISSING = "grant-missing"


@dataclass(frozen=True, slots=True)
class Tried:
    """One try of the agency, to be found again in the log."""

    request_id: str
    url: str
    answer: Answer

    @property
    def allowed(self) -> bool:
        return self.answer.status in (200, 304)


@dataclass(slots=True)
class Reader:
    """The agency's service while it reads; it remembers what it tried."""

    stage: Stage
    agency: Agency
    tried: list[Tried] = field(default_factory=list)

    async def read(self, url: str, accept: str = N_TRIPLES, **headers: str) -> Answer:
        return await self.do("GET", url, headers={"Accept": accept}, **headers)

    async def do(
        self, method: str, url: str, headers: dict[str, str] | None = None, **more: str
    ) -> Answer:
        request_id = uuid.uuid4().hex
        sent = {"X-Request-Id": request_id} | (headers or {})
        sent |= {name.replace("_", "-"): more[name] for name in more if name != "body"}
        answer = await self.stage.web.ask(
            method,
            url,
            login=self.agency.login,
            headers=sent,
            body=more.get("body", "").encode(),
        )
        self.tried.append(Tried(request_id, url, answer))
        return answer


async def agency_reads(stage: Stage, an: Citizen, agency: Agency, yes: Yes) -> Reader:
    story, reader = stage.story, Reader(stage, agency)
    for slip in APPROVED:
        with story.step(f"It reads {slip.path}: three properties, and nothing else"):
            answer = want_status(await reader.read(an.has(slip.path)), 200)
            values = properties_of(answer.body)
            want_same("the properties", set(values), set(ASKED))
            _want_a_guarded_answer(answer, yes)
            story.note(
                *(f"{name.removeprefix(LOON):<17} {written(values[name])}" for name in ASKED)
            )
    with story.step("Read as it was previewed, the bytes are the previewed ones"):
        media_type, body = yes.previews[an.has(AUGUST.path)]
        answer = want_status(await reader.read(an.has(AUGUST.path), media_type), 200)
        want(answer.body == body, "the bytes of the preview", f"{answer.body!r} came")
        _want_a_guarded_answer(answer, yes)
        etag = answer.header("ETag")
    with story.step("Asked again with that ETag: nothing new, no reading counted"):
        again = await reader.read(an.has(AUGUST.path), media_type, If_None_Match=etag)
        want_status(again, 304)
        want(not again.body, "no body with a 304", "there is one")
    with story.step("The grant counts three of five readings"):
        held = want_status(await stage.web.get(yes.grant, an.login), 200).json
        want_same("the uses", number_at(held, "uses"), 3)
    return reader


def _want_a_guarded_answer(answer: Answer, yes: Yes) -> None:
    for spelling in IBAN_SPELLINGS:
        leaked = spelling.encode() in answer.every_byte
        want(not leaked, "no account number in any byte", f"{answer.in_words()} and holds it")
    for name in ("ETag", "Kluis-Log"):
        want(answer.header(name) != "", f"a header {name}", f"{answer.in_words()} without it")
    given = answer.header("Kluis-Grant").strip("<>")
    want_same("Kluis-Grant", given, yes.grant)
    caching = answer.header("Cache-Control")
    want("no-store" in caching, "Cache-Control: no-store", f"it is {caching!r}")


def properties_of(body: bytes) -> dict[str, str]:
    """The predicates of an N-Triples document, each with its object as written."""
    parts = [line.split(None, 2) for line in body.decode().splitlines() if line.strip()]
    return {predicate.strip("<>"): thing.rstrip(" .") for _, predicate, thing in parts}


def written(literal: str) -> str:
    """What stands between the quotes of an N-Triples literal."""
    return literal[1 : literal.rindex('"')] if literal.startswith('"') else literal


async def agency_is_refused(stage: Stage, an: Citizen, youssef: Citizen, reader: Reader) -> None:
    story = stage.story
    tries = (
        ("The third slip, which An left out", an.has(OCTOBER.path), "target-not-granted"),
        ("An's diploma", an.has(DIPLOMA.path), "target-not-granted"),
        ("Youssef's slip, in a pod without any grant", youssef.has(YOUSSEFS_SLIP.path), MISSING),
        ("A pod that does not exist", f"{stage.web.base}eva/x", MISSING),
    )
    for text, url, problem in tries:
        with story.step(f"{text}: {problem}"):
            _want_closed(want_refused(await reader.read(url, "*/*"), problem))
    with story.step("The last two differ in nothing, so pods cannot be found by asking"):
        youssefs, nobodys = (_said(tried.answer) for tried in reader.tried[-2:])
        want_same("the second answer", nobodys, youssefs)
    with story.step("The access rules of a granted slip: a grant never opens those"):
        answer = want_status(await reader.read(an.has(AUGUST.path) + ".acl", "*/*"), 403)
        want(answer.problem != "", "a problem type", f"{answer.in_words()} without one")
        _want_closed(answer)
        story.note(answer.problem)
    with story.step("Writing to a granted slip: mode-not-granted"):
        turtle = {"Content-Type": "text/turtle"}
        answer = await reader.do("PUT", an.has(AUGUST.path), turtle, body="<> a <x:Forged> .")
        want_refused(answer, "mode-not-granted")


def _said(answer: Answer) -> dict[str, Json]:
    """A refusal without the one member that names the request itself."""
    value = answer.json
    members = value.items() if isinstance(value, dict) else ()
    return {name: member for name, member in members if name != "instance"}


def _want_closed(answer: Answer) -> None:
    for name in ("ETag", "Kluis-Grant", "Kluis-Log"):
        want(answer.header(name) == "", f"no {name} with a refusal", f"{answer.in_words()} with it")


async def an_withdraws(stage: Stage, an: Citizen, reader: Reader, yes: Yes) -> str:
    """Gives the address of the receipt of the withdrawal."""
    story, web, slip = stage.story, stage.web, an.has(AUGUST.path)
    etag = next(tried.answer.header("ETag") for tried in reader.tried if tried.url == slip)
    with story.step("An withdraws, with one word and no reason"):
        empty: Json = {}
        answer = await web.post(f"{yes.grant}/withdraw", empty, an.login)
        ended = want_status(answer, 200).json
        want_same("the state", text_at(ended, "state"), "withdrawn")
        want_same("what is still reachable", items_at(ended, "stillReachable"), [])
        after = number_at(ended, "stoppedAfterSeq")
        story.note(f"stopped at {text_at(ended, 'stoppedAt')}, after log entry {after}")
    with story.step("The very next reading, with the same token: grant-withdrawn"):
        _want_closed(want_refused(await reader.read(slip), "grant-withdrawn"))
    with story.step("With If-None-Match it is no 304 either: grant-withdrawn"):
        answer = await reader.read(slip, If_None_Match=etag)
        _want_closed(want_refused(answer, "grant-withdrawn"))
    with story.step("And the other slip: grant-withdrawn"):
        answer = await reader.read(an.has(APPROVED[1].path))
        want_refused(answer, "grant-withdrawn")
    with story.step("An herself reads on as before"):
        want_status(await web.get(slip, an.login, accept="text/turtle"), 200)
    return text_at(ended, "receipt")
