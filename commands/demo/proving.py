# SPDX-License-Identifier: EUPL-1.2
"""An sees who read what and why, and proves that nothing was left out or changed."""

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import quote

import orjson

from commands.answer import (
    Answer,
    Json,
    Unexpected,
    at,
    items_at,
    nodes_in,
    number_at,
    text_at,
    texts_in,
    want,
    want_same,
    want_status,
)
from commands.demo.asking import Yes
from commands.demo.cast import AGENCY_NAME, ASKED, CASE, LOON, Citizen, Stage
from commands.demo.reading import Reader, Tried
from commands.demo.telling import Column, table
from commands.proof import break_in, read_export, signed_by

CONSENT_GROUND = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"
PATIENCE = 3.0
COLUMNS = (
    Column("time", 8),
    Column("who", 26),
    Column("what", 19, keeps_end=True),
    Column("outcome", 11),
    Column("why, or why not", 20),
)


async def an_reads_her_log(
    stage: Stage, an: Citizen, youssef: Citizen, reader: Reader, yes: Yes
) -> None:
    story = stage.story
    hers = [tried for tried in reader.tried if tried.url.startswith(an.pod)]
    allowed = [tried for tried in hers if tried.allowed]
    refused = [tried for tried in hers if not tried.allowed]
    with story.step("An opens her log: each try of the agency is there"):
        entries = await _log_with(stage, an, hers)
    for line in table(COLUMNS, [_row(stage, an, entry) for entry in reversed(entries)]):
        story.say(line)
    found = {text_at(entry, "requestId"): entry for entry in entries}
    with story.step(f"The {len(allowed)} allowed ones say the purpose and the ground"):
        for tried in allowed:
            _want_allowed(found[tried.request_id], tried, stage, yes)
    with story.step(f"The {len(refused)} refused ones say the reason"):
        for tried in refused:
            _want_refused(found[tried.request_id], tried)
    with story.step("No reading is in it that the agency did not make"):
        counted = [entry for entry in entries if at(entry, "outcome") == "allowed"]
        known = {tried.request_id for tried in allowed}
        want_same("the allowed entries", {text_at(one, "requestId") for one in counted}, known)
    with story.step("Youssef's log shows the try on his pod"):
        his = [tried for tried in reader.tried if tried.url.startswith(youssef.pod)]
        for entry in await _log_with(stage, youssef, his):
            want_same("the outcome", at(entry, "outcome"), "denied")
    with story.step("The agency sees its own entries, without the numbers that count others"):
        answer = await stage.web.get(_log_of(an), reader.agency.login)
        for entry in items_at(want_status(answer, 200).json, "items"):
            want_same("its agency", at(entry, "agency"), reader.agency.id)
            shown = {"seq", "prev", "hash"}.intersection(entry if isinstance(entry, dict) else ())
            want(not shown, "no seq, prev or hash", f"the agency sees {sorted(shown)}")


def _log_of(citizen: Citizen, kind: str = "log") -> str:
    return f".consent/{kind}?pod={quote(citizen.pod, safe='')}"


async def _log_with(stage: Stage, citizen: Citizen, tries: Sequence[Tried]) -> list[Json]:
    """The entries, newest first; refusals are written soon after they were answered."""
    deadline = time.monotonic() + PATIENCE
    wanted = {tried.request_id for tried in tries}
    while True:
        answer = await stage.web.get(f"{_log_of(citizen)}&limit=500", citizen.login)
        entries = items_at(want_status(answer, 200).json, "items")
        missing = wanted - {text_at(entry, "requestId") for entry in entries}
        if not missing:
            return entries
        if time.monotonic() > deadline:
            urls = [tried.url for tried in tries if tried.request_id in missing]
            raise Unexpected(f"Expected log entries for {urls}, but they are not there.")
        await asyncio.sleep(0.05)


def _want_allowed(entry: Json, tried: Tried, stage: Stage, yes: Yes) -> None:
    said = {name: at(entry, name) for name in ("outcome", "status", "resource", "action")}
    wanted: dict[str, Json] = {
        "outcome": "allowed",
        "status": tried.answer.status,
        "resource": tried.url,
        "action": "read",
    }
    want_same("the entry", said, wanted)
    want_same("its id", text_at(entry, "id"), tried.answer.header("Kluis-Log").strip("<>"))
    why = {name: at(entry, name) for name in ("purpose", "legalBasis", "lane", "grant", "case")}
    ground: dict[str, Json] = {
        "purpose": stage.purpose_id,
        "legalBasis": CONSENT_GROUND,
        "lane": "consent",
        "grant": yes.grant,
        "case": CASE,
    }
    want_same("why it was allowed", why, ground)
    want_same("who read", text_at(entry, "agency"), stage.agency_id)
    if tried.answer.status == 200:
        want_same("its properties", set(texts_in(at(entry, "properties"))), set(ASKED))


def _want_refused(entry: Json, tried: Tried) -> None:
    said = (at(entry, "outcome"), at(entry, "status"), at(entry, "reason"), at(entry, "resource"))
    want_same("the entry", said, ("denied", 403, tried.answer.problem, tried.url))


def _row(stage: Stage, citizen: Citizen, entry: Json) -> tuple[str, ...]:
    agency, agent = at(entry, "agency"), at(entry, "agent")
    who = AGENCY_NAME if agency == stage.agency_id else str(agent or "somebody")
    outcome = f"{text_at(entry, 'outcome')} {number_at(entry, 'status')}"
    what = text_at(entry, "resource").removeprefix(citizen.pod)
    return text_at(entry, "time")[11:19], who, what, outcome, _why(entry)


def _why(entry: Json) -> str:
    reason = at(entry, "reason")
    if isinstance(reason, str):
        return reason
    purpose, ground = at(entry, "purpose"), at(entry, "legalBasis")
    if isinstance(purpose, str) and isinstance(ground, str):
        return f"{purpose.split('/')[-2]} {ground.rpartition('#')[2]}"
    return text_at(entry, "lane")


async def the_chain_holds(stage: Stage, an: Citizen) -> None:
    story = stage.story
    with story.step("Exported, her log is one chain of hashes, recomputed here link by link"):
        answer = want_status(
            await stage.web.get(_log_of(an, "log/export"), an.login, accept="*/*"), 200
        )
        entries, jws = read_export(answer.body)
        broken = break_in(entries)
        want(broken is None, "a whole chain", f"{broken}")
        story.note(f"{len(entries)} entries, last hash {text_at(entries[-1], 'hash')[:32]}…")
    with story.step("Its end is signed by the server, so that no entry can be cut off unseen"):
        keys = want_status(await stage.web.get(".consent/keys"), 200).json
        head = signed_by(jws, keys)
        for name in ("seq", "hash"):
            want_same(f"the head's {name}", at(head, name), at(entries[-1], name))
        want_same("the head's pod", text_at(head, "pod"), an.pod)
    with story.step("With one word of it changed, the chain breaks at that entry"):
        forged = orjson.loads(orjson.dumps(entries))
        forged[0]["status"] = 418
        want(break_in(forged) is not None, "a broken chain", "nobody noticed")


async def the_receipt_holds(stage: Stage, an: Citizen, yes: Yes, withdrawal: str) -> None:
    story, web = stage.story, stage.web
    held = want_status(await web.get(yes.grant, an.login), 200).json
    first = next(text for text in texts_in(at(held, "receipts")) if text != withdrawal)
    with story.step("An's receipt is signed; the published key alone verifies it"):
        answer = want_status(await web.get(first, an.login, accept="application/jose"), 200)
        keys = want_status(await web.get(".consent/keys"), 200).json
        receipt = signed_by(answer.body.decode(), keys)
        _want_tampering_seen(answer, keys)
    with story.step("It says what she was shown: the two slips, their three properties"):
        record = at(receipt, "hasRecordOfActivity")
        want_same("its terms", receipt_terms(record), yes.terms)
        want_same("the targets of its policy", policy_targets(record), set(yes.terms))
        digest = f"sha-256:{yes.notice_hash}"
        want(digest in set(texts_in(receipt)), f"the notice's hash {digest}", "it is not there")
        want(an.web_id in set(texts_in(receipt)), "her WebID", "it is not there")
    with story.step("The withdrawal has its own receipt, and that verifies too"):
        answer = want_status(await web.get(withdrawal, an.login, accept="application/jose"), 200)
        signed_by(answer.body.decode(), keys)


def _want_tampering_seen(answer: Answer, keys: Json) -> None:
    head, payload, signature = answer.body.decode().strip().split(".")
    changed = ("A" if payload[40] != "A" else "B").join((payload[:40], payload[41:]))
    try:
        signed_by(".".join((head, changed, signature)), keys)
    except Unexpected:
        return
    raise Unexpected("Expected a changed receipt to be found out, but it passed.")


def receipt_terms(record: Json) -> dict[str, frozenset[str]]:
    """What a record names as shared (dpv:hasDataSource), each with the wage properties of it."""
    found: dict[str, frozenset[str]] = {}
    for node in nodes_in(record):
        source = node.get("hasDataSource")
        if isinstance(source, str):
            said = texts_in([node[name] for name in node if name != "type"])
            found[source] = frozenset(text for text in said if text.startswith(LOON))
    return found


def policy_targets(record: Json) -> set[str]:
    """What the enforceable part of a record is about (odrl:target)."""
    return {text for node in nodes_in(record) for text in texts_in(node.get("odrl:target"))}
