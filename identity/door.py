# SPDX-License-Identifier: EUPL-1.2
"""Every request enters here: Who in, CORS on every answer, errors out as problem details."""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import orjson
from aiohttp import web

from identity.cors import Cors, cors_headers, preflight_headers
from identity.traffic import Traffic
from identity.who import ANYONE, Who
from pod import errors
from pod.errors import PodError
from pod.iri import Iri, canonical_path
from pod.national_number import has_national_number
from pod.vocab import PROBLEM

Room = Callable[[web.Request, Who], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Identify = Callable[[web.Request], Awaitable[Who]]

STATUS: Mapping[type[PodError], int] = {
    errors.Unreadable: 400,
    errors.NotSignedIn: 401,
    errors.Refused: 403,
    errors.Missing: 404,
    errors.WrongMethod: 405,
    errors.NotAcceptable: 406,
    errors.Clash: 409,
    errors.Gone: 410,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.UnsupportedType: 415,
    errors.NoSuchRange: 416,
    errors.Misdirected: 421,
    errors.Unprocessable: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
JSON_LIMIT = 1024 * 1024
LOG = logging.getLogger("kluis.door")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def numbered_ids() -> Iterator[str]:
    """Request ids: random for each start, then counted, since they name and guard nothing."""
    start = secrets.token_urlsafe(9)
    return (f"{start}-{number:08x}" for number in count(1))


@dataclass(frozen=True, slots=True)
class Door:
    """The doors of one server: where it is, and how it finds out who asks."""

    base: Iri
    identify: Identify
    request_ids: Iterator[str] = field(default_factory=numbered_ids)
    traffic: Traffic = field(default_factory=Traffic)
    explained: frozenset[str] = frozenset()

    def api(self, room: Room, cors: Cors = Cors.PROTOCOL) -> Handler:
        """A door for programs: tokens count, cookies do not (decision 21)."""

        return self._through(room, cors, self.identify)

    def open(self, room: Room, cors: Cors = Cors.PROTOCOL) -> Handler:
        """A door that looks at nobody's token: for what is public, or settles it by itself."""

        return self._through(room, cors, _anyone)

    def _through(self, room: Room, cors: Cors, identify: Identify) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            with self.traffic.passing():
                response = await self._pass(request, room, cors, identify)
                if self.traffic.closing:
                    response.force_close()
                return response

        return handler

    async def _pass(
        self, request: web.Request, room: Room, cors: Cors, identify: Identify
    ) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        asked = request.headers.get("Access-Control-Request-Method")
        if request.method == "OPTIONS" and origin and asked and cors is not Cors.NONE:
            wanted = request.headers.get("Access-Control-Request-Headers")
            return web.Response(status=204, headers=preflight_headers(cors, origin, wanted))
        request_id = self._request_id(request)
        try:
            self._require_our_host(request)
            who = replace(await identify(request), request_id=request_id, origin=origin)
            response = await room(request, who)
        except PodError as error:
            explained = error.problem in self.explained
            page = f"{self.base}-/help/{error.problem}" if explained else None
            response = problem(error, request_id, page)
        except web.HTTPException:
            raise
        except Exception:  # the last door: no traceback leaves, it is logged
            LOG.exception("request %s failed", request_id)
            response = problem(_Broken("Something broke here. It was noted."), request_id)
        if not response.prepared:
            response.headers.extend(cors_headers(cors, origin))
            response.headers["Server"] = "Kluis"
            if cors is not Cors.NONE:
                _vary_by_origin(response)
        return response

    def _request_id(self, request: web.Request) -> str:
        """The caller's `X-Request-Id` when it is a plain code, else a new one."""
        given = request.headers.get("X-Request-Id")
        if given is None or not _REQUEST_ID.fullmatch(given) or has_national_number(given):
            return next(self.request_ids)  # T-48: it goes into the log and into answers
        return given

    def _require_our_host(self, request: web.Request) -> None:
        # T-03: links, htu and tickets come from the base URL; another Host is another server.
        host = request.headers.get("Host", "")
        if host.lower() != self.base.split("/", 3)[2]:
            raise errors.Misdirected(f"This server is {self.base} and answers to no other host.")

    def target(self, request: web.Request) -> Iri:
        """The name that the request is about, in its one spelling (SP-18, RS-9).

        The raw path is used: decoded forms turn %2F into a slash.
        """
        raw = request.rel_url.raw_path
        if not raw.startswith("/"):
            raise errors.Unreadable("An address must begin with a slash.", problem="bad-name")
        return Iri(self.base[:-1] + canonical_path(raw))


class _Broken(PodError):
    problem = "internal-error"


async def _anyone(request: web.Request) -> Who:
    return ANYONE


def _vary_by_origin(response: web.StreamResponse) -> None:
    vary = response.headers.get("Vary", "")
    if "Origin" not in vary:
        response.headers["Vary"] = f"{vary}, Origin" if vary else "Origin"


def problem(error: PodError, request_id: str, help_at: str | None = None) -> web.Response:
    """RFC 9457. The same bytes for every caller but for the request id.

    `help_at` is the address of a page that explains this problem (KC-3).
    """
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    body: dict[str, Any] = {
        "type": PROBLEM + error.problem,
        "title": error.problem.replace("-", " ").capitalize(),
        "status": status,
        "detail": error.detail,
        "instance": f"urn:request:{request_id}",
    }
    if error.errors:
        body["errors"] = list(error.errors)
    if help_at is not None:
        body["help"] = help_at
    body |= error.more
    headers = dict(error.headers)
    if status == 401:
        headers.setdefault("WWW-Authenticate", challenge(error))
    headers.setdefault("Cache-Control", "no-store")
    return web.Response(
        status=status,
        body=orjson.dumps(body),
        content_type="application/problem+json",
        headers=headers,
    )


def challenge(error: PodError | None = None) -> str:
    """SP-6, RS-13: DPoP first, then Bearer; says what was wrong with a token that was sent."""
    if error is not None and error.problem in ("invalid-token", "invalid-dpop-proof"):
        code = error.problem.replace("-", "_")
        text = re.sub(r'[^ -~]|["\\]', "", error.detail)
        return f'DPoP error="{code}", error_description="{text}", algs="ES256 RS256"'
    return 'DPoP algs="ES256 RS256", Bearer scope="openid webid"'


def json_answer(
    data: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON answer that no cache keeps, unless the headers say otherwise."""
    given = {"Cache-Control": "no-store", **(headers or {})}
    return web.Response(
        status=status, body=orjson.dumps(data), content_type="application/json", headers=given
    )


async def read_json(request: web.Request, limit: int = JSON_LIMIT) -> dict[str, Any]:
    """The JSON object in the body; an empty body is an empty object."""
    if request.content_length is not None and request.content_length > limit:
        raise errors.TooLarge(f"The body is larger than {limit} bytes.")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise errors.TooLarge(f"The body is larger than {limit} bytes.")
    if not body.strip():
        return {}
    if request.content_type not in ("application/json", "application/ld+json"):
        raise errors.UnsupportedType("Send the body as application/json.")
    try:
        data = orjson.loads(bytes(body))
    except orjson.JSONDecodeError as error:
        raise errors.Unreadable(
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            problem="malformed-json",
        ) from error
    if not isinstance(data, dict):
        raise errors.Unreadable("The body is not a JSON object.", problem="malformed-json")
    return data
