# SPDX-License-Identifier: EUPL-1.2
"""Signing out at the wish of an app, without letting any page do it behind her back (OP-37)."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import hdrs, web

from identity import cookies
from identity.accounts.sessions import Session, close_session, find_session
from identity.clients.clients import Client, find_client
from identity.outward.fetched import Fetch
from identity.provider import plain_page
from identity.provider.authorize import answer_at
from identity.provider.authorize_routes import away, html, refused, sent
from identity.provider.id_token_hint import read_hint
from identity.provider.logout import (
    Leave,
    belongs_to,
    has_own_form,
    read_leave,
    with_token,
)
from identity.tokens.keys import Keys
from identity.who import Who
from pod.database import Database
from pod.errors import PodError, Refused, Unreadable
from pod.instant import Now
from pod.iri import Iri


@dataclass(frozen=True, slots=True)
class Exit:
    """The way out, for apps that know of it."""

    db: Database
    keys: Keys
    fetch: Fetch
    base: Iri
    now: Now

    async def leave(self, request: web.Request, who: Who) -> web.StreamResponse:
        """OP-37: at once for the session that the app was let in by, else after a question."""
        try:
            text = await sent(request)
            leave = read_leave(text)
            client, webid, access = await self._party(leave)
        except PodError as error:
            return refused(request, error, ())
        if request.method == hdrs.METH_POST:
            # A form from elsewhere brings no SameSite=Lax cookie; the same wish as GET does.
            return away(f"{self.base}.oidc/session/end?{urlencode(leave.written())}")
        value = request.cookies.get(cookies.page_cookie(self.base), "")
        session = await self.db.read(find_session, value, self.now())
        target = _target(client, leave)
        language = _language(request, leave)
        if session is None:
            # Nobody is signed in; an address is only trusted with an ID token of ours.
            return self._left(target if webid is not None else None, leave, language)
        if await self.db.read(belongs_to, access, session.hash):
            return await self._end(value, target, leave, language)
        return self._ask(value, client, target, leave, language)

    async def confirm(self, request: web.Request, who: Who) -> web.StreamResponse:
        """The answer to the question; from a page of ours, made for this session."""
        try:
            if not cookies.same_origin(request.headers, self.base):
                raise Refused("This was not sent from a page of this server.")
            text = await sent(request)
            leave = read_leave(text)
            client, _, _ = await self._party(leave)
        except PodError as error:
            return refused(request, error, ())
        language = _language(request, leave)
        value = request.cookies.get(cookies.page_cookie(self.base), "")
        session: Session | None = await self.db.read(find_session, value, self.now())
        if session is not None and not has_own_form(value, leave):
            body = plain_page.paragraph(language, "again") + _home(language)
            return html(plain_page.page(language, "stale", body), language, 403)
        return await self._end(value, _target(client, leave), leave, language)

    async def _party(self, leave: Leave) -> tuple[Client | None, str | None, str | None]:
        """The app that asks, the WebID of its hint, and what that stood on."""
        hint = None
        if leave.hint is not None:
            hint = read_hint(leave.hint, self.base, self.keys)
            if hint is None:
                raise Unreadable("id_token_hint is no ID token of this server.")
        id_ = leave.client or (hint.client if hint else None)
        if hint is not None and id_ != hint.client:
            raise Unreadable("client_id is not that of id_token_hint.")
        client = None
        if id_ is not None and leave.redirect_uri is not None:
            client = await find_client(self.db, self.fetch, id_, self.now)
        return client, hint.webid if hint else None, hint.access if hint else None

    def _ask(
        self, value: str, client: Client | None, target: str | None, leave: Leave, language: str
    ) -> web.Response:
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{plain_page.attribute(text)}">'
            for name, text in with_token(value, leave).items()
        )
        said = plain_page.WORDS[language]
        name = (client.host or client.name) if client else ""
        body = (
            (plain_page.paragraph(language, "leave-app", app=name) if name else "")
            + plain_page.paragraph(language, "leave-means")
            + f'<form action="/.oidc/session/confirm" method="post">{fields}'
            f'<p><button class="button">{said["yes"]}</button></p></form>'
            f'<p><a class="button soft" href="/-/">{said["no"]}</a></p>'
        )
        return html(plain_page.page(language, "leave", body), language, 200, target)

    async def _end(
        self, value: str, target: str | None, leave: Leave, language: str
    ) -> web.Response:
        """The session ends on every worker, and all that apps were given in it."""
        await self.db.write(None, close_session, value, self.now())
        response = self._left(target, leave, language)
        secure = self.base.startswith("https:")
        ended = cookies.set_cookie(cookies.page_cookie(self.base), "", secure=secure, seconds=0)
        response.headers.add("Set-Cookie", ended)
        return response

    def _left(self, target: str | None, leave: Leave, language: str) -> web.Response:
        if target is not None:
            return away(answer_at(target, None, leave.state))
        body = plain_page.paragraph(language, "left-means") + _home(language)
        return html(plain_page.page(language, "left", body), language, 200)


def _target(client: Client | None, leave: Leave) -> str | None:
    """T-11: only an address that the app registered, to the letter."""
    if client is None or leave.redirect_uri not in client.post_logout_redirect_uris:
        return None
    return leave.redirect_uri


def _language(request: web.Request, leave: Leave) -> str:
    chosen = request.cookies.get(plain_page.CHOICE)
    accepted = request.headers.get("Accept-Language")
    return plain_page.choose_language(leave.ui_locales, accepted, chosen)


def _home(language: str) -> str:
    return f'<p><a class="button soft" href="/-/">{plain_page.WORDS[language]["home"]}</a></p>'
