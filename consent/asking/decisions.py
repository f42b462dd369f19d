# SPDX-License-Identifier: EUPL-1.2
"""The citizen's decisions, each with everything that must follow in the same commit (KC-14)."""

import asyncio
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from consent.asking import reminders
from consent.asking.choice import Choice, chosen
from consent.asking.holdings import Offered, offered, unchanged
from consent.asking.notice import notice_of
from consent.asking.put import Put, put_to
from consent.asking.replies import cancel as cancel
from consent.asking.replies import defer as defer
from consent.asking.replies import refuse as refuse
from consent.asking.replies import reopen as reopen
from consent.asking.replies import tell_of_request
from consent.asking.request import Move as Decision
from consent.asking.request import Request, moved
from consent.asking.requests import save
from consent.caller import Side, etag_of, require_match
from consent.grants.grant import Grant, Move, State, grant_json
from consent.grants.ledger import add_event, add_grant
from consent.grants.moving import supersede, tell
from consent.house import House
from consent.lists import next_number
from consent.once import Answer, Once, earlier, keep
from consent.proof.receipt import Press, issue, new_codes, receipts_for
from consent.registry.agency import ACTIVE
from consent.registry.purpose import PUBLISHED
from consent.terms import Terms
from identity.who import Who
from notify import outbox
from pod import clock
from pod.database import Tx
from pod.errors import Clash, Refused, Unavailable, Unprocessable
from pod.instant import MINUTE, Instant
from pod.iri import Iri

TRIES = 5
PAUSE = 0.05
FRESH = 5 * MINUTE
NEW = Once()


@dataclass(frozen=True, slots=True)
class _Yes:
    """What an approval carries from its look into its commit."""

    who: Who
    put: Put
    offers: tuple[Offered, ...]
    choice: Choice
    once: Once
    if_match: Collection[str] | None
    code: str
    receipts: tuple[str, str]


async def approve(
    house: House,
    who: Who,
    id_: str,
    choice: Choice,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Say yes: 201 with the grant. Everything she saw is still so in the commit, or it is told.

    The notice is made from the pod outside any transaction; the commit compares the pod's number.
    """
    code, receipts = secrets.token_urlsafe(16), new_codes()
    for number in range(TRIES):
        # A burst in her pod, such as many reminders at once, is let pass.
        await asyncio.sleep(PAUSE * number)
        before = await house.db.read(_before, who, id_, house, once)
        if isinstance(before, Answer):
            return before
        offers = await offered(
            before.request, before.purpose, before.holdings, house.files, house.contexts
        )
        _require_current(before, offers, choice)
        yes = _Yes(who, before, offers, choice, once, if_match, code, receipts)
        lock = before.holdings.pod or before.request.id
        answer = await house.db.write(lock, _approve, yes, house)
        if answer is not None:
            return answer
    raise Unavailable("Your pod changes too often just now; try again in a moment.")


async def _before(tx: Tx, who: Who, id_: str, house: House, once: Once) -> Answer | Put:
    put = await put_to(tx, who, id_, house.base)
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    moved(put.request, Decision.APPROVE, moment)
    return put


def _require_current(put: Put, offers: Sequence[Offered], choice: Choice) -> None:
    """KC-14: the hash is that of a notice still true, in the language she says she read."""
    notice = notice_of(put.request, put.agency, put.purpose, offers, choice.language, put.renewed)
    if notice["hash"] != choice.notice_hash:
        raise _changed()


def _changed() -> Clash:
    return Clash(
        "What you read is not what would be shared now; read the notice again.",
        problem="notice-changed",
    )


async def _approve(tx: Tx, yes: _Yes, house: House) -> Answer | None:
    put = await put_to(tx, yes.who, yes.put.request.id, house.base)
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, yes.once, moment)
    if again is not None:
        return again
    pod = yes.put.holdings.pod
    require_match(yes.if_match, etag_of(put.request.state_at(moment), Side.SUBJECT))
    decided = moved(put.request, Decision.APPROVE, moment)
    if put.renews() != yes.put.renews():
        return None
    if not await unchanged(tx, put.request, yes.put.holdings):
        return None
    await _require_shown(tx, yes)
    _require_open(put)
    terms = chosen(put.request, yes.offers, yes.choice, moment)
    _require_confirmed(yes, [datum.cls or "" for datum in terms.data if datum.special], moment)
    if pod is None:
        raise LookupError("terms that were chosen have a pod")
    name = house.name("grants", yes.code), await next_number(tx, "consent_grant")
    grant = new_grant(put, pod, terms, yes.choice, name, moment)
    return await _keep_yes(tx, yes, replace(decided, grant=grant.id), grant, house, moment)


def new_grant(
    put: Put, pod: Iri, terms: Terms, choice: Choice, name: tuple[Iri, int], moment: Instant
) -> Grant:
    """The grant of this yes, in its first version."""
    if terms.valid_from is None or terms.valid_until is None:
        raise LookupError("terms that were chosen have a beginning and an end")
    return Grant(
        *name,
        pod,
        put.request.subject,
        put.request.agency,
        put.request.client,
        put.request.purpose,
        put.request.id,
        State.ACTIVE if terms.valid_from <= moment else State.SCHEDULED,
        1,
        terms.valid_from,
        terms.valid_until,
        terms.count,
        0,
        None,
        None,
        terms,
        put.purpose.lane,
        put.purpose.legal_basis,
        choice.language,
        choice.notice_hash,
    )


async def _keep_yes(
    tx: Tx, yes: _Yes, decided: Request, grant: Grant, house: House, moment: Instant
) -> Answer:
    """Grant, event, receipts, request, outbox, answer: one commit (domain.md 2.2)."""
    await add_grant(tx, grant)
    details = {
        "request": grant.request,
        "notice": f"sha-256:{grant.notice_hash}",
        "language": grant.language,
        **({} if decided.renews is None else {"renews": decided.renews}),
        # FED-4: how sure the sign-in was in which she said yes.
        **({} if yes.who.acr is None else {"acr": yes.who.acr}),
    }
    by, press = yes.who.webid or grant.subject, Press(house.base, house.signer)
    event = await add_event(tx, grant, Move.CREATE, moment, by, details)
    await issue(tx, press, grant, event, moment, yes.receipts)
    if decided.renews is not None:
        await supersede(tx, press, decided.renews, grant, by, moment)
    await save(tx, decided, grant.pod)
    await outbox.record(tx, grant.pod, "ConsentGiven", grant.id, moment)
    await tell_of_request(tx, decided, moment)
    await _remember(tx, decided, grant, moment)
    if grant.state is State.ACTIVE:
        await tell(tx, grant, "grant.active", moment)
    await clock.mark(tx, moment)
    receipts = await receipts_for(tx, grant.id, [Side.SUBJECT])
    body = grant_json(grant, moment, receipts)
    tag = etag_of(grant.state, Side.SUBJECT, grant.version)
    headers = {"Location": grant.id, "ETag": f'"{tag}.j"'}
    return await keep(tx, yes.once, Answer(201, body, headers), moment)


async def _remember(tx: Tx, decided: Request, grant: Grant, moment: Instant) -> None:
    """domain.md 2.8: while it stands she is asked now and then whether it still should."""
    await reminders.forget(tx, decided.id)
    due = grant.valid_from + reminders.PERIOD
    if due < grant.valid_until:
        again = reminders.Reminder(grant.id, reminders.STILL_ACTIVE, grant.subject, due)
        await reminders.remind(tx, again)


async def _require_shown(tx: Tx, yes: _Yes) -> None:
    row = await tx.one(
        "SELECT 1 AS shown FROM notice"
        " WHERE hash = :hash AND request = :request AND language = :language",
        hash=yes.choice.notice_hash,
        request=yes.put.request.id,
        language=yes.choice.language,
    )
    if row is None:
        raise _changed()


def _require_open(put: Put) -> None:
    # domain.md 2.5: a purpose that was suspended or retired since takes no new yes.
    if put.purpose.state != PUBLISHED or put.agency.state != ACTIVE:
        raise Clash(
            "The agency may not use this purpose any more, so there is nothing to say yes to.",
            problem="purpose-closed",
        )


def _require_confirmed(yes: _Yes, special: Sequence[str], moment: Instant) -> None:
    """KC-14: special categories take a yes each, from somebody who signed in just now."""
    if not special:
        return
    missing = sorted(set(special) - set(yes.choice.confirm))
    if missing:
        raise Unprocessable(
            "Sensitive data needs a separate yes for each kind.",
            problem="confirm-missing",
            errors=[{"pointer": "/confirm", "detail": cls} for cls in missing],
        )
    signed_in = yes.who.signed_in
    # A sign-in has its time from the clock of consent, as the yes has.
    if signed_in is None or moment - signed_in > FRESH:
        raise Refused("Sign in again first: this is sensitive data.", problem="step-up")
