# SPDX-License-Identifier: EUPL-1.2
"""The agency asks, An looks and says yes to a part."""

import secrets
import textwrap
from dataclasses import dataclass

from commands.answer import (
    Json,
    at,
    items_at,
    nodes_in,
    number_at,
    text_at,
    texts_in,
    want,
    want_refused,
    want_same,
    want_status,
)
from commands.demo.cast import AGENCY_NAME, ASKED, CASE, LOON, Agency, Citizen, Stage
from commands.demo.papers import AUGUST, IBAN_SPELLINGS, SEPTEMBER, SLIPS
from commands.proof import digest_without

Terms = dict[str, frozenset[str]]
COUNT = 5
LANGUAGE = "en"
APPROVED = (AUGUST, SEPTEMBER)


@dataclass(frozen=True, slots=True)
class Yes:
    """What An agreed to, and what she was shown before she did."""

    grant: str
    notice_hash: str
    terms: Terms
    previews: dict[str, tuple[str, bytes]]


def asked_of(an: Citizen, agency: Agency, count: int = COUNT) -> dict[str, Json]:
    """The body of the request (KC-9)."""
    data: list[Json] = [
        {"target": an.has(slip.path), "required": False, "properties": list(ASKED)}
        for slip in SLIPS
    ]
    return {
        "subject": an.web_id,
        "purpose": agency.purpose,
        "data": data,
        "modes": ["read"],
        "duration": "P3M",
        "count": count,
        "retention": "P1Y",
        "recipients": [],
        "countries": ["BE"],
        "case": CASE,
    }


async def agency_asks(stage: Stage, an: Citizen, agency: Agency) -> str:
    """Gives the address of the request."""
    story, web = stage.story, stage.web
    with story.step("It first asks for 500 readings: beyond its purpose, An is never bothered"):
        screened = await web.post(".consent/requests", asked_of(an, agency, 500), agency.login)
        want_refused(screened, "request-screened-out", 422)
    with story.step("It asks for three wage slips, three properties each, 5 readings, 3 months"):
        answer = await web.post(
            ".consent/requests",
            asked_of(an, agency),
            agency.login,
            Idempotency_Key=secrets.token_hex(16),
        )
        want_status(answer, 202)
        want_same("the state", text_at(answer.json, "state"), "pending")
        request = text_at(answer.json, "id")
        want_same("the Location", answer.header("Location"), request)
    with story.step("Asking opens nothing: its reading of the first slip is refused"):
        refused = await web.get(an.has(AUGUST.path), agency.login, accept="*/*")
        want_refused(refused, "grant-missing")
    return request


async def an_decides(stage: Stage, an: Citizen, request: str) -> Yes:
    story, web = stage.story, stage.web
    with story.step("An finds one open request, put to her by the agency"):
        listed = want_status(await web.get(".consent/requests", an.login), 200).json
        ids = [text_at(item, "id") for item in items_at(listed, "items")]
        want_same("her requests", ids, [request])
    notice = await _an_reads_the_notice(stage, an, request)
    previews = await _an_looks_at_the_preview(stage, an, request)
    with story.step("A yes to an older text than she was shown does not count"):
        stale: Json = {"noticeHash": "0" * 64, "lang": LANGUAGE}
        answer = await web.post(f"{request}/approve", stale, an.login)
        want_refused(answer, "notice-changed", 409)
    seen = terms_in(notice)
    targets = [an.has(slip.path) for slip in APPROVED]
    terms = {target: seen[target] for target in targets}
    data: list[Json] = [{"target": target} for target in targets]
    with story.step("An says yes to two of the three: August and September"):
        given: Json = {"noticeHash": text_at(notice, "hash"), "lang": LANGUAGE, "data": data}
        answer = want_status(await web.post(f"{request}/approve", given, an.login), 201)
        grant = answer.header("Location")
    with story.step("The grant holds two slips, three properties each, 5 readings, and no more"):
        held = want_status(await web.get(grant, an.login), 200).json
        want_same("the state", text_at(held, "state"), "active")
        want_same("the terms", terms_in(at(held, "data")), terms)
        want_same("the count", number_at(held, "count"), COUNT)
        story.note(f"until {text_at(held, 'validUntil')}, case {text_at(held, 'case')}")
    return Yes(grant, text_at(notice, "hash"), terms, previews)


async def _an_reads_the_notice(stage: Stage, an: Citizen, request: str) -> Json:
    with stage.story.step("She reads the notice: who, why, what, how long, what if she says no"):
        answer = await stage.web.get(f"{request}/notice?lang={LANGUAGE}", an.login)
        notice = want_status(answer, 200).json
        said = " ".join(texts_in(notice))
        want(AGENCY_NAME in said, "the agency's name in the notice", "it is not there")
        wanted = {an.has(slip.path): frozenset(ASKED) for slip in SLIPS}
        want_same("what the notice lists", terms_in(notice), wanted)
        want_same("its hash", text_at(notice, "hash"), digest_without(notice, "hash"))
        stage.story.note(*key_lines(notice))
    return notice


async def _an_looks_at_the_preview(
    stage: Stage, an: Citizen, request: str
) -> dict[str, tuple[str, bytes]]:
    with stage.story.step("The preview shows the very bytes that would leave; no account number"):
        answer = want_status(await stage.web.get(f"{request}/preview", an.login), 200)
        for spelling in IBAN_SPELLINGS:
            want(spelling.encode() not in answer.every_byte, "no IBAN", "it is in the preview")
        shown = {
            text_at(item, "target"): (text_at(item, "mediaType"), text_at(item, "body").encode())
            for item in items_at(answer.json, "items")
        }
        want_same("the previewed slips", set(shown), {an.has(slip.path) for slip in SLIPS})
    return shown


def terms_in(value: Json) -> Terms:
    """Each target inside a JSON value with the wage properties listed beside it."""
    terms: Terms = {}
    for node in nodes_in(value):
        target = node.get("target")
        if isinstance(target, str):
            listed = texts_in(node.get("properties"))
            terms[target] = frozenset(name for name in listed if name.startswith(LOON))
    return terms


def key_lines(notice: Json) -> list[str]:
    """The notice for a terminal: each section's heading and lines, the hash last."""
    parts = [
        (text_at(section, "heading"), list(texts_in(at(section, "lines"))))
        for section in items_at(notice, "sections")
    ]
    parts.append(("Hash of this text (SHA-256)", [text_at(notice, "hash")[:48] + "…"]))
    lines: list[str] = []
    for heading, words in parts:
        told = [line for word in words for line in textwrap.wrap(word, 56)] or [""]
        heads = [heading, *[""] * (len(told) - 1)]
        lines += [f"{head:<34} {line}" for head, line in zip(heads, told, strict=True)]
    return lines
