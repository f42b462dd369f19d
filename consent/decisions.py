# SPDX-License-Identifier: EUPL-1.2
"""The citizen's decisions, each with everything that must follow in the same commit (KC-14)."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from consent.agency import ACTIVE, Agency, find_agency
from consent.caller import (
    Side,
    caller_of,
    etag_of,
    require_match,
    require_subject,
    side_of_request,
)
from consent.choice import Choice, chosen
from consent.endings import supersede
from consent.grant import Grant, Move, State, grant_json
from consent.holdings import Holdings, Offered, look, offered, pod_number, pods_of
from consent.house import House
from consent.ledger import add_event, add_grant, find_grant
from consent.lists import next_number
from consent.notice import notice_of
from consent.once import Answer, Once, earlier, keep
from consent.purpose import PUBLISHED, Purpose, find_purpose
from consent.receipt import Press, issue, new_codes, receipts_for
from consent.request import Move as Decision
from consent.request import Request, moved, request_json
from consent.requests import find_request, save
from consent.texts import trouble_in
from identity.who import Who
from notify import outbox
from pod import clock
from pod.database import Tx
from pod.errors import Clash, Refused, Unavailable, Unprocessable
from pod.instant import MINUTE, Instant
from pod.iri import Iri

TRIES = 5
FRESH = 5 * MINUTE
NEW = Once()


@dataclass(frozen=True, slots=True)
class Put:
    """A request put to its subject, with all that its notice says."""

    request: Request
    agency: Agency
    purpose: Purpose
    holdings: Holdings
    renewed: Grant | None = None


async def put_to(tx: Tx, who: Who, id_: str, base: Iri) -> Put:
    """The request as its subject may look into it; the agency is told it is not its to see."""
    caller = await caller_of(tx, who, base)
    request = await find_request(tx, id_)
    require_subject(side_of_request(caller, request))
    if request is None:
        raise LookupError("a request with a side is there")
    agency = await find_agency(tx, request.agency, base)
    purpose = await find_purpose(tx, request.purpose, base)
    if agency is None or purpose is None:
        raise LookupError("a request's agency or purpose is gone")
    renewed = None if request.renews is None else await find_grant(tx, request.renews)
    return Put(request, agency, purpose, await look(tx, request), renewed)


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
    for _ in range(TRIES):
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
    if pod is not None and await pod_number(tx, pod) != yes.put.holdings.seq:
        return None
    await _require_shown(tx, yes)
    _require_open(put)
    terms = chosen(put.request, yes.offers, yes.choice, moment)
    _require_confirmed(yes, [datum.cls or "" for datum in terms.data if datum.special], house)
    if pod is None or terms.valid_from is None or terms.valid_until is None:
        raise LookupError("terms that were chosen have a pod and an end")
    grant = Grant(
        house.name("grants", yes.code),
        await next_number(tx, "consent_grant"),
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
        yes.choice.language,
        yes.choice.notice_hash,
    )
    return await _keep_yes(tx, yes, replace(decided, grant=grant.id), grant, house, moment)


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
    await clock.mark(tx, moment)
    receipts = await receipts_for(tx, grant.id, [Side.SUBJECT])
    body = grant_json(grant, moment, receipts)
    tag = etag_of(grant.state, Side.SUBJECT, grant.version)
    headers = {"Location": grant.id, "ETag": f'"{tag}.j"'}
    return await keep(tx, yes.once, Answer(201, body, headers), moment)


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


def _require_confirmed(yes: _Yes, special: Sequence[str], house: House) -> None:
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
    if signed_in is None or house.now() - signed_in > FRESH:
        raise Refused("Sign in again first: this is sensitive data.", problem="step-up")


async def refuse(
    house: House,
    who: Who,
    id_: str,
    reason: str | None = None,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Say no: 200 with the request. The reason is for herself; the agency never sees it."""
    if reason is not None and (trouble := trouble_in(reason)) is not None:
        raise Unprocessable(
            f"The reason holds {trouble}.",
            problem="bad-term",
            errors=[{"pointer": "/reason", "detail": trouble}],
        )
    return await house.db.write(id_, _refuse, who, id_, reason, once, if_match, house)


async def _refuse(
    tx: Tx,
    who: Who,
    id_: str,
    reason: str | None,
    once: Once,
    if_match: Collection[str] | None,
    house: House,
) -> Answer:
    caller = await caller_of(tx, who, house.base)
    request = await find_request(tx, id_)
    require_subject(side_of_request(caller, request))
    if request is None:
        raise LookupError("a request with a side is there")
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    require_match(if_match, etag_of(request.state_at(moment), Side.SUBJECT))
    refused = replace(moved(request, Decision.REFUSE, moment), reason=reason)
    pods = await pods_of(tx, request.subject)
    await save(tx, refused, pods[0] if pods else None)
    await clock.mark(tx, moment)
    body = request_json(refused, moment, agency=False)
    return await keep(tx, once, Answer(200, body), moment)
