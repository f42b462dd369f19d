# SPDX-License-Identifier: EUPL-1.2
"""An app's question until it is answered: an hour, in one browser, one answer (OP-25)."""

import hmac
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any

import orjson

from identity.accounts.sessions import Session
from identity.accounts.webids import webids_of
from identity.clients.clients import Client, find_client
from identity.outward.fetched import Fetch
from identity.provider.apps import NewAccess, begin_access
from identity.provider.authorize import Wish
from identity.provider.codes import add_code, hash_of, new_code
from identity.provider.provider import Given
from pod import clock
from pod.database import Database, Row, Tx
from pod.errors import Gone, NotSignedIn, Unreadable
from pod.instant import HOUR, SECOND, Instant, Now

LIFE = HOUR
MOST_PER_BROWSER = 50
# An hour of questions; the oldest go for new ones, which a person answers within minutes.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person decided by the account API, until the app's answer is fetched."""

    account: str
    webid: str
    remember: bool
    offline: bool
    session: str


@dataclass(frozen=True, slots=True)
class Interaction(Wish):
    """A question that waits for its answer; `created` and `expires` are on the clock of sessions.

    `picked` and `decision` are what was said by the account API, where that is used.
    """

    id: str
    created: Instant
    expires: Instant
    picked: str | None = None
    decision: Decision | None = None


def new_browser() -> str:
    """What the cookie holds that binds a question to the browser it came through."""
    return secrets.token_urlsafe(32)


async def begin_interaction(db: Database, wish: Wish, browser: str, now: Now) -> str:
    """Keep the question; its code, for the address of the page."""
    salt = secrets.token_hex(16)
    code = _code_of(browser, salt)
    params = orjson.dumps({**_written(wish), "salt": salt}).decode()
    await db.write(None, _keep, hash_of(code), hash_of(browser), params, now())
    return code


def _code_of(browser: str, salt: str) -> str:
    """Made from the browser's secret, so that the browser alone can find its question again."""
    digest = hmac.new(browser.encode(), salt.encode(), sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


async def _keep(tx: Tx, code: str, browser: str, params: str, now: Instant) -> None:
    moment = await clock.instant(tx, now)
    await tx.run("DELETE FROM interaction WHERE expires <= :now", now=moment)
    row = await tx.one("SELECT COUNT(*) AS n FROM interaction WHERE browser = :b", b=browser)
    if row is not None and row["n"] >= MOST_PER_BROWSER:
        await tx.run("DELETE FROM interaction WHERE browser = :b", b=browser)
    await make_room(tx)
    await tx.run(
        "INSERT INTO interaction (hash, browser, params, created, expires)"
        " VALUES (:hash, :browser, :params, :now, :expires)",
        hash=code,
        browser=browser,
        params=params,
        now=moment,
        expires=moment + LIFE,
    )


async def make_room(tx: Tx, most: int = MOST) -> None:
    """T-26: whoever asks without end fills no disk."""
    row = await tx.one("SELECT COUNT(*) AS n FROM interaction")
    if row is not None and row["n"] >= most:
        await tx.run(
            "DELETE FROM interaction WHERE hash IN"
            " (SELECT hash FROM interaction ORDER BY expires LIMIT :some)",
            some=max(row["n"] - most, most // 100) + 1,
        )


async def find_interaction(
    db: Database, fetch: Fetch, code: str, browser: str, now: Now
) -> Interaction | None:
    """The question by its code, for the browser it came through; None for any other."""
    row = await db.read(_row, code, browser, now())
    return None if row is None else await _interaction(db, fetch, code, row, now)


async def latest_interaction(
    db: Database, fetch: Fetch, browser: str, now: Now
) -> Interaction | None:
    """The last question that came through this browser: the account API has no code to go by."""
    row = await db.read(_latest, browser, now())
    if row is None:
        return None
    code = _code_of(browser, orjson.loads(row["params"])["salt"])
    return await _interaction(db, fetch, code, row, now)


async def _row(tx: Tx, code: str, browser: str, now: Instant) -> Row | None:
    return await tx.one(
        "SELECT * FROM interaction WHERE hash = :h AND browser = :b AND expires > :now",
        h=hash_of(code),
        b=hash_of(browser),
        now=await clock.instant(tx, now),
    )


async def _latest(tx: Tx, browser: str, now: Instant) -> Row | None:
    return await tx.one(
        "SELECT * FROM interaction WHERE browser = :b AND expires > :now"
        " ORDER BY created DESC, hash LIMIT 1",
        b=hash_of(browser),
        now=await clock.instant(tx, now),
    )


async def _interaction(db: Database, fetch: Fetch, code: str, row: Row, now: Now) -> Interaction:
    said = orjson.loads(row["params"])
    client = await find_client(db, fetch, said["client"], now)
    return _read(said, client, code, row["created"], row["expires"])


def needs_sign_in(interaction: Interaction, session: Session | None, moment: Instant) -> bool:
    """OP-19: nobody is signed in, or the app asks for a sign-in that is newer or stronger.

    A sign-in after the question came always does; `acr_values` are a wish (OIDC Core §5.5.1.1).
    """
    if session is None or session.signed_in is None or session.expires <= moment:
        return True
    if session.signed_in >= interaction.created:
        return False
    if interaction.prompt & {"login"}:
        return True
    if interaction.acr_values and session.acr not in interaction.acr_values:
        return True
    return is_too_old(interaction, session.signed_in, moment)


def is_too_old(wish: Wish, signed_in: Instant, moment: Instant) -> bool:
    """Whether the sign-in is older than the app's `max_age`."""
    return wish.max_age is not None and moment - signed_in > wish.max_age * SECOND


async def allow(
    db: Database,
    interaction: Interaction,
    session_hash: str,
    account: str,
    webid: str,
    *,
    remember: bool,
    offline: bool,
    now: Now,
) -> str:
    """The person says yes: the address in the app to lead her to, with a code (OP-18).

    `offline` counts only when the app asked for it and the person chose it.
    """
    if interaction.hinted not in (None, webid):
        # OIDC Core §3.1.2.1: the app wants this person and no other.
        await db.write(None, _end, interaction.id)
        return interaction.answer(
            error="login_required", error_description="Another WebID than that of id_token_hint."
        )
    code = new_code()
    new = NewAccess(
        id=str(uuid.uuid4()),
        account=account,
        webid=webid,
        client=interaction.client.id,
        name=interaction.client.name,
        host=interaction.client.host,
        scopes=interaction.scopes,
        offline=offline and interaction.offline,
        remember=remember,
        session=session_hash,
    )
    await db.write(None, _allow, interaction, new, code, now())
    return interaction.answer(code=code)


async def _allow(tx: Tx, interaction: Interaction, new: NewAccess, code: str, now: Instant) -> None:
    """All of it, or nothing: one answer, by somebody who is signed in, for a WebID of hers."""
    await _end_once(tx, interaction.id)
    session = await require_session(tx, new.session, new.account, now)
    if needs_sign_in(interaction, session, await clock.instant(tx, now)):
        raise NotSignedIn("The app asks you to sign in first.")
    if new.webid not in await webids_of(tx, new.account):
        raise Unreadable("This WebID is not linked to your account.")  # OP-22
    await begin_access(tx, new, now)
    given = Given(
        access=new.id,
        webid=new.webid,
        client=new.client,
        scopes=new.scopes,
        offline=new.offline,
        signed_in=session.signed_in,
        acr=session.acr,
    )
    await add_code(tx, code, given, interaction, now)


async def require_session(tx: Tx, hash_: str, account: str, now: Instant) -> Session:
    """The session by its hash, if it lives and is this account's."""
    row = await tx.one(
        "SELECT * FROM session WHERE hash = :hash AND account = :account AND expires > :now",
        hash=hash_,
        account=account,
        now=await clock.instant(tx, now),
    )
    if row is None:
        raise NotSignedIn("Sign in first.")
    kept: dict[str, Any] = {each.name: row[each.name] for each in fields(Session)}
    return Session(**{**kept, "remember": bool(kept["remember"])})


async def refuse(db: Database, interaction: Interaction, now: Now) -> str:
    """The person says no: `access_denied`, once."""
    await db.write(None, _end_once, interaction.id)
    return interaction.answer(error="access_denied", error_description="The person said no.")


async def note(
    db: Database, interaction: Interaction, *, picked: str | None, decision: Decision | None
) -> None:
    """Keep what was said by the account API."""
    await db.write(None, _note, interaction.id, picked, decision)


async def _note(tx: Tx, code: str, picked: str | None, decision: Decision | None) -> None:
    row = await tx.one("SELECT params FROM interaction WHERE hash = :h", h=hash_of(code))
    if row is None:
        raise Gone("The app's question was answered before.")
    kept = None if decision is None else asdict(decision)
    said = {**orjson.loads(row["params"]), "picked": picked, "decision": kept}
    params = orjson.dumps(said).decode()
    await tx.run(
        "UPDATE interaction SET params = :params WHERE hash = :h", params=params, h=hash_of(code)
    )


async def _end_once(tx: Tx, code: str) -> None:
    """One question has one answer: a form that is sent twice finds nothing any more."""
    if not await _end(tx, code):
        raise Gone("The app's question was answered before. Go back to the app.")


async def _end(tx: Tx, code: str) -> int:
    return await tx.run("DELETE FROM interaction WHERE hash = :h", h=hash_of(code))


def _written(wish: Wish) -> dict[str, object]:
    said: dict[str, object] = {each.name: getattr(wish, each.name) for each in fields(Wish)}
    sets = {"scopes": sorted(wish.scopes), "prompt": sorted(wish.prompt)}
    return {**said, **sets, "client": wish.client.id}


def _read(
    said: Mapping[str, Any], client: Client, code: str, created: Instant, expires: Instant
) -> Interaction:
    decision = said.get("decision")
    return Interaction(
        issuer=said["issuer"],
        client=client,
        redirect_uri=said["redirect_uri"],
        state=said["state"],
        scopes=frozenset(said["scopes"]),
        offline=said["offline"],
        prompt=frozenset(said["prompt"]),
        max_age=said["max_age"],
        login_hint=said["login_hint"],
        hinted=said["hinted"],
        acr_values=tuple(said["acr_values"]),
        nonce=said["nonce"],
        challenge=said["challenge"],
        dpop_jkt=said["dpop_jkt"],
        ui_locales=tuple(said["ui_locales"]),
        id=code,
        created=created,
        expires=expires,
        picked=said.get("picked"),
        decision=None if decision is None else Decision(**decision),
    )
