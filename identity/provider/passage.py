# SPDX-License-Identifier: EUPL-1.2
"""Letting an app in without a question: `prompt=none`, and apps that were let in before (OP-19)."""

import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from identity.accounts.sessions import REMEMBERED_LIFE, Session
from identity.accounts.webids import webids_of
from identity.provider.apps import Access, NewAccess, begin_access, find_access
from identity.provider.authorize import AppRefusal, Wish
from identity.provider.codes import add_code, new_code
from identity.provider.interactions import is_too_old, require_session
from identity.provider.provider import Given
from pod import clock
from pod.database import Database, Tx
from pod.errors import NotSignedIn
from pod.instant import DAY, Instant, Now


def _ask_sign_in() -> AppRefusal:
    return AppRefusal("login_required", "Nobody is signed in here, or not recently enough.")


def _ask_consent() -> AppRefusal:
    return AppRefusal("consent_required", "The person has to let the app in first.")


@dataclass(frozen=True, slots=True)
class _New:
    """What may be needed; made outside the unit of work."""

    code: str
    access: str


async def pass_through(
    db: Database, wish: Wish, session: Session | None, now: Now, *, dev: bool
) -> str:
    """The address in the app, with a code; AppRefusal with what is missing."""
    if session is None:
        raise _ask_sign_in()
    if not _is_assured(wish.redirect_uri, dev):
        # RFC 8252 §8.6: another program could stand in for this one.
        raise AppRefusal("interaction_required", "A program on a device is let in by its user.")
    # Most of those that are refused need no writer.
    await db.read(_find, wish, session, now())
    new = _New(new_code(), str(uuid.uuid4()))
    await db.write(None, _pass, wish, session, new, now())
    return wish.answer(code=new.code)


def _is_assured(uri: str, dev: bool) -> bool:
    scheme = urlsplit(uri).scheme
    return scheme == "https" or (dev and scheme == "http")


async def _find(tx: Tx, wish: Wish, session: Session, now: Instant) -> tuple[Access, Session]:
    try:
        living = await require_session(tx, session.hash, session.account, now)
    except NotSignedIn as error:
        raise _ask_sign_in() from error
    moment = await clock.instant(tx, now)
    if living.signed_in is None or is_too_old(wish, living.signed_in, moment):
        raise _ask_sign_in()
    if wish.hinted is not None and wish.hinted not in await webids_of(tx, living.account):
        raise _ask_sign_in()
    access = await find_access(
        tx, living.account, wish.client.id, living.hash, wish.scopes, wish.hinted
    )
    if access is None:
        raise _ask_consent()
    if not wish.prompt and wish.offline and not access.offline:
        raise _ask_consent()  # there may be a question, so it is asked
    return access, living


async def _pass(tx: Tx, wish: Wish, session: Session, new: _New, now: Instant) -> None:
    access, living = await _find(tx, wish, session, now)
    standing = access.session == living.hash and not access.ended
    if not standing:
        # Remembered from another session: what is given now ends with this one.
        await begin_access(tx, _again(wish, access, living, new.access), now)
    given = Given(
        access=access.id if standing else new.access,
        webid=access.webid,
        client=access.client,
        scopes=wish.scopes,
        offline=wish.offline and access.offline,
        signed_in=living.signed_in,
        acr=living.acr,
    )
    await add_code(tx, new.code, given, wish, now)


def _again(wish: Wish, access: Access, session: Session, id_: str) -> NewAccess:
    return NewAccess(
        id=id_,
        account=access.account,
        webid=access.webid,
        client=access.client,
        name=wish.client.name,
        host=wish.client.host,
        scopes=access.scopes,
        offline=access.offline,
        remember=True,
        session=session.hash,
    )


async def renew_session(tx: Tx, session: Session, now: Instant) -> None:
    """Decision 30: a remembered session lives on by use; its pages do not stay open by it."""
    moment = await clock.instant(tx, now)
    await tx.run(
        "UPDATE session SET expires = :expires WHERE hash = :hash AND expires > :now",
        expires=session.renewed(moment),
        hash=session.hash,
        now=moment,
    )


def is_due(session: Session, moment: Instant) -> bool:
    """Whether it was renewed so long ago that a commit is worth it."""
    return (
        session.remember
        and session.expires - moment < REMEMBERED_LIFE - DAY
        and session.renewed(moment) > session.expires
    )
