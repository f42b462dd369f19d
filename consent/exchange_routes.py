# SPDX-License-Identifier: EUPL-1.2
"""What the topics of the consent API share: bodies, lists, tags, keys of repetition."""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from urllib.parse import quote

import orjson
from aiohttp import web

from consent import forms
from consent.context import API
from consent.house import House
from consent.lists import Page
from consent.once import LONGEST_KEY, Answer, Once
from consent.texts import troubles_in
from identity.door import json_answer, read_json
from identity.who import Who
from pod.errors import NotSignedIn, Unprocessable, Unreadable

Json = dict[str, object]
LIMIT = 50
MOST = 500


def require_signed_in(who: Who) -> None:
    """401 before anything is read of what was sent."""
    if who.webid is None:
        raise NotSignedIn("Sign in: this is between an agency and one person.")


async def read_body(request: web.Request, hashes: Collection[str] = ()) -> Json:
    """The JSON object that was sent, free of tricks with characters and national numbers.

    Members that are `hashes` are only compared: one in some thousands has digits like a number.
    """
    body: Json = await read_json(request)
    troubles = troubles_in({name: body[name] for name in body if name not in hashes})
    if troubles:
        raise Unprocessable(
            "A text in the body cannot stand.",
            problem="bad-term",
            errors=[{"pointer": p, "detail": f"holds {trouble}"} for p, trouble in troubles],
        )
    return body


def once_of(request: web.Request, who: Who, body: Mapping[str, object]) -> Once:
    """KC-6: keys are per caller and path."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise Unreadable(
            f"Idempotency-Key has 1 to {LONGEST_KEY} printable characters.", problem="bad-header"
        )
    digest = sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Once(f"{who.webid} {who.client or ''}", request.path, key, digest)


def if_match_of(request: web.Request) -> frozenset[str] | None:
    """The tags of `If-Match`; None when there is no such header."""
    header = request.headers.get("If-Match")
    if header is None:
        return None
    return frozenset(tag.strip().strip('"') for tag in header.split(","))


def page_of(request: web.Request) -> Page:
    """KC-5: `limit` and `after`."""
    text = request.query.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise Unreadable("limit is a whole number from 1.", problem="bad-parameter")
    return Page(min(int(text), MOST), request.query.get("after") or None)


def one_more(page: Page) -> Page:
    """Ask for one item more than is shown: it says whether there is a next page."""
    return Page(page.limit + 1, page.after)


def next_link(
    request: web.Request, house: House, page: Page, names: Sequence[str]
) -> dict[str, str]:
    """KC-5: where the list goes on; the name of the last item shown is the cursor."""
    if len(names) <= page.limit:
        return {}
    kept = "".join(
        f"&{quote(name)}={quote(value, safe='')}"
        for name, value in request.query.items()
        if name not in ("after", "limit")
    )
    after = quote(names[page.limit - 1], safe="")
    address = f"{house.base[:-1]}{request.path}?limit={page.limit}&after={after}{kept}"
    return {"Link": f'<{address}>; rel="next"'}


def list_answer(
    request: web.Request, house: House, page: Page, items: Sequence[Json], names: Sequence[str]
) -> web.Response:
    """One page of a list."""
    body: Json = {"items": list(items[: page.limit])}
    headers = next_link(request, house, page, names)
    return document_answer(request, house, body, headers=headers)


def document_answer(
    request: web.Request,
    house: House,
    document: Json,
    *,
    tag: str | None = None,
    context: Mapping[str, object] = API,
    headers: Mapping[str, str] | None = None,
    record: Json | None = None,
) -> web.Response:
    """A document in the form that was asked for; `record` is what it is as RDF, if another."""
    form = forms.choose(request.headers.get("Accept"), forms.LINKED)
    shown = document if record is None or form == forms.JSON else record
    body = forms.written(shown, context, form, house.base)
    given = {"Cache-Control": "no-store", "Vary": "Accept, Authorization", **(headers or {})}
    if tag is not None:
        given["ETag"] = f'"{tag}.{forms.LETTERS[form]}"'
        if not_modified(request, given["ETag"]):
            return web.Response(status=304, headers=given)
    return web.Response(body=body, content_type=form, headers=given)


def not_modified(request: web.Request, etag: str) -> bool:
    """RFC 9110 §13.1.2: weak comparison, list or star."""
    header = request.headers.get("If-None-Match", "")
    return header.strip() == "*" or etag in [
        t.strip().removeprefix("W/") for t in header.split(",")
    ]


def moved_answer(answer: Answer) -> web.Response:
    """The answer to a move."""
    return json_answer(answer.body, answer.status, answer.headers)
