# SPDX-License-Identifier: EUPL-1.2
"""Sign-ins under way at a provider above us, and the accounts that they lead to, as rows."""

import hmac
from dataclasses import dataclass

import orjson

from identity.accounts import events
from identity.accounts.accounts import add_account
from identity.accounts.sessions import find_session, hash_of, open_session, replace_session
from identity.sign_in.assurance import Level, level_of
from identity.upstream.providers import Asked, Provider
from identity.upstream.token import Citizen
from pod import clock
from pod.database import Tx
from pod.errors import Clash, Refused
from pod.instant import MINUTE, Instant

LIFE = 10 * MINUTE
LINK_WITHIN = 10 * MINUTE  # KLU-3
SIGN_IN, LINK, STEP_UP = "sign-in", "link", "step-up"
NO_ACCOUNT, OTHER_ACCOUNT, OTHER_PERSON = "no-account", "other-account", "other-person"


@dataclass(frozen=True, slots=True)
class Paused:
    """What waits here while she is at the provider (FED-3). `account` is whose it must be."""

    provider: str
    purpose: str
    next: str
    asked: Asked
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """The browser that comes back, with the names that are needed if she is new."""

    session: str
    value: str
    account: str
    login: str
    agent: str
    address: str = ""


async def pause(tx: Tx, state: str, browser: str, paused: Paused, now: Instant) -> None:
    """Keep it under a hash; what is over goes."""
    await tx.run("DELETE FROM upstream WHERE expires <= :now", now=now)
    asked = paused.asked
    params = {
        "next": paused.next,
        "least": asked.least.word,
        "max_age": asked.max_age,
        "login_hint": asked.login_hint,
    }
    await tx.run(
        "INSERT INTO upstream (hash, provider, browser, account, purpose, params, created, expires)"
        " VALUES (:hash, :provider, :browser, :account, :purpose, :params, :now, :expires)",
        hash=hash_of(state),
        provider=paused.provider,
        browser=hash_of(browser),
        account=paused.account,
        purpose=paused.purpose,
        params=orjson.dumps(params).decode(),
        now=now,
        expires=now + LIFE,
    )


async def resume(tx: Tx, state: str, browser: str, provider: str, now: Instant) -> Paused | None:
    """What waited, once; None for another browser, another provider, used or over.

    Another browser does not use it up: who only saw the state cannot end the sign-in.
    """
    row = await tx.one("SELECT * FROM upstream WHERE hash = :hash", hash=hash_of(state))
    if row is None or int(row["expires"]) <= now or row["provider"] != provider:
        return None
    if not hmac.compare_digest(row["browser"], hash_of(browser)):
        return None
    if await tx.run("DELETE FROM upstream WHERE hash = :hash", hash=hash_of(state)) == 0:
        return None
    said = orjson.loads(row["params"])
    asked = Asked(level_of(said["least"]), said["max_age"], said["login_hint"])
    return Paused(provider, row["purpose"], said["next"], asked, row["account"])


async def account_to_link(tx: Tx, session: str, now: Instant) -> str:
    """KLU-3: a second way to sign in takes a sign-in of the last ten minutes."""
    found, moment = await find_session(tx, session, now), await clock.instant(tx, now)
    if found is None or found.signed_in is None or moment - found.signed_in > LINK_WITHIN:
        raise Refused("Sign in once more first.", problem="step-up")
    return found.account


async def account_of_session(tx: Tx, session: str, now: Instant) -> str | None:
    """Whose session it is, None for an ended one."""
    found = await find_session(tx, session, now)
    return None if found is None else found.account


async def enter(
    tx: Tx, provider: Provider, paused: Paused, citizen: Citizen, arrival: Arrival, now: Instant
) -> str:
    """The account of this citizen, with a new session in it (T-28)."""
    account = await _account(tx, provider, paused, citizen, arrival, now)
    await replace_session(tx, arrival.session, arrival.value, account, now)
    level = citizen.level.word if citizen.level > Level.NONE else None
    await open_session(
        tx,
        arrival.value,
        account,
        now,
        signed_in=True,
        # A sign-in that the provider remembers from this morning is not a fresh one.
        since=citizen.signed_in,
        acr=level,
        agent=arrival.agent,
    )
    await _note(tx, account, events.SIGNED_IN, arrival, provider, now)
    return account


async def _note(
    tx: Tx, account: str, kind: str, arrival: Arrival, provider: Provider, now: Instant
) -> None:
    noted = events.attempt(account, kind, arrival.address, now, by=f"oidc/{provider.name}")
    await events.note(tx, noted)


async def _account(
    tx: Tx, provider: Provider, paused: Paused, citizen: Citizen, arrival: Arrival, now: Instant
) -> str:
    known = await _known(tx, citizen)
    if paused.account is not None:
        # The session that began it must still be there, in this browser.
        if await account_of_session(tx, arrival.session, now) != paused.account:
            raise Refused("You are not signed in any more as who began this.", problem=OTHER_PERSON)
        if known is not None and known != paused.account:
            raise Clash("This way to sign in belongs to another account.", problem=OTHER_ACCOUNT)
        if known is None and paused.purpose != LINK:
            raise Refused("This is not the person of this account.", problem=OTHER_PERSON)
    if known is not None:
        return known
    account = paused.account
    if account is None:
        if not provider.registers:
            raise Refused("No account signs in this way yet.", problem=NO_ACCOUNT)
        account = arrival.account
        await add_account(tx, account, await clock.instant(tx, now))
    await _add(tx, account, citizen, arrival.login, now)
    if paused.account is not None:
        await _note(tx, account, "link-added", arrival, provider, now)
    return account


async def _known(tx: Tx, citizen: Citizen) -> str | None:
    """FED-2: by issuer and subject, never by e-mail or national number."""
    row = await tx.one(
        "SELECT account FROM login WHERE kind = 'oidc' AND subject = :key", key=citizen.key
    )
    return None if row is None else str(row["account"])


async def _add(tx: Tx, account: str, citizen: Citizen, id_: str, now: Instant) -> None:
    await tx.run(
        "INSERT INTO login (id, account, kind, subject, secret, verified, acr, created)"
        " VALUES (:id, :account, 'oidc', :key, '', :now, :acr, :now)",
        id=id_,
        account=account,
        key=citizen.key,
        acr=citizen.acr,
        now=now,
    )
