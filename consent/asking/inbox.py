# SPDX-License-Identifier: EUPL-1.2
"""Requests put to a person: her list, the notice of each, and what would be read (KC-12, KC-13)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from consent.asking.holdings import body_of, offered, read_statements
from consent.asking.notice import Notice, notice_of
from consent.asking.put import Put, put_to
from consent.asking.request import Request
from consent.asking.requests import find_request, requests_of
from consent.caller import caller_of
from consent.house import House
from consent.lists import Page
from consent.terms import Datum
from identity.who import Who
from pod import clock, contents
from pod.database import Tx
from pod.errors import Missing
from pod.instant import Instant
from pod.iri import Iri, is_container
from pod.membership import page_of
from pod.projection import projected
from pod.resource import Resource

MOST_SHOWN = 100
LARGEST_SHOWN = 256 * 1024


@dataclass(frozen=True, slots=True)
class Question:
    """A request and the moment it was looked at."""

    request: Request
    moment: Instant


async def questions(house: House, who: Who, page: Page) -> list[Question]:
    """The requests put to this person, newest first; every state."""
    return await house.db.read(_questions, who, house, page)


async def _questions(tx: Tx, who: Who, house: House, page: Page) -> list[Question]:
    caller = await caller_of(tx, who, house.base)
    moment = await clock.instant(tx, house.now())
    return [
        Question(request, moment) for request in await requests_of(tx, None, caller.subject(), page)
    ]


async def question(house: House, who: Who, id_: str) -> Question:
    """One request put to this person."""
    return await house.db.read(_question, who, house, id_)


async def _question(tx: Tx, who: Who, house: House, id_: str) -> Question:
    caller = await caller_of(tx, who, house.base)
    request = await find_request(tx, id_)
    if request is None or request.subject != caller.subject():
        raise Missing("There is nothing of yours by that name.")
    return Question(request, await clock.instant(tx, house.now()))


async def show_notice(house: House, who: Who, id_: str, language: str) -> Notice:
    """The notice in that language; remembers that it was shown, since a yes must name it."""
    put = await house.db.read(put_to, who, id_, house.base)
    offers = await offered(put.request, put.purpose, put.holdings, house.files, house.contexts)
    notice = notice_of(put.request, put.agency, put.purpose, offers, language, put.renewed)
    await house.db.write(put.holdings.pod or id_, _shown, notice, house)
    return notice


async def _shown(tx: Tx, notice: Notice, house: House) -> None:
    await tx.run(
        "INSERT INTO notice (hash, request, language, shown, body)"
        " VALUES (:hash, :request, :language, :shown, :body) ON CONFLICT (hash) DO NOTHING",
        hash=str(notice["hash"]),
        request=str(notice["request"]),
        language=str(notice["language"]),
        shown=await clock.instant(tx, house.now()),
        body=orjson.dumps(notice).decode(),
    )


async def preview(house: House, who: Who, id_: str) -> list[dict[str, object]]:
    """Per target, exactly the bytes that the agency would read."""
    put = await house.db.read(put_to, who, id_, house.base)
    offers = await offered(put.request, put.purpose, put.holdings, house.files, house.contexts)
    data = [offer.datum for offer in offers]
    resources = await house.db.read(_resources, put, data)
    return [await _item(datum, resource, house) for datum, resource in resources]


async def _resources(tx: Tx, put: Put, data: Sequence[Datum]) -> list[tuple[Datum, Resource]]:
    found: list[tuple[Datum, Resource]] = []
    for datum in data:
        waiting = [] if datum.target is None else [datum.target]
        while waiting and len(found) < MOST_SHOWN:
            iri = waiting.pop(0)
            resource = await contents.fetch(tx, iri)
            if resource is None:
                continue
            if not is_container(iri):
                found.append((datum, resource))
            elif datum.members:
                # As many as are shown at all, however many there are.
                waiting += [member.iri for member in await page_of(tx, iri, "", MOST_SHOWN)]
    return found


async def _item(datum: Datum, resource: Resource, house: House) -> dict[str, object]:
    if resource.size > LARGEST_SHOWN:
        return _shown_item(resource.iri, resource.media_type, None, size=resource.size)
    if datum.properties is None:
        body = await body_of(resource, house.files)
        return _shown_item(resource.iri, resource.media_type, body)
    statements = await read_statements(resource, house.files, house.contexts)
    if statements is None:
        return _shown_item(resource.iri, resource.media_type, None, problem="not-projectable")
    body = projected(statements, resource.iri, datum.properties, resource.essence)
    return _shown_item(resource.iri, resource.essence, body)


def _shown_item(
    target: Iri, media_type: str, body: bytes | None, **more: object
) -> dict[str, object]:
    item: dict[str, object] = {"target": target, "mediaType": media_type, **more}
    if body is None:
        return {**item, "body": None}
    try:
        return {**item, "body": body.decode()}
    except UnicodeDecodeError:
        return {**item, "body": base64.b64encode(body).decode(), "encoding": "base64"}
