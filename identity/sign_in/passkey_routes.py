# SPDX-License-Identifier: EUPL-1.2
"""Passkeys over HTTP, under /.account/: add, list, rename, remove, ask for one (KLU-3)."""

from aiohttp import web

from identity.account_api.controls import STEP_UP, Fields, described, flag_in, text_in
from identity.account_api.desk_routes import Call, Desk, Visit, answer, at_desk
from identity.accounts import events
from identity.accounts.accounts import logins_of, new_id
from identity.accounts.recovery import Recovery
from identity.accounts.sessions import Session, close_others
from identity.cors import Cors
from identity.door import Door, read_json
from identity.sign_in import challenges
from identity.sign_in.challenges import ADD, new_challenge
from identity.sign_in.passkey_proof import (
    CREATE,
    Answer,
    adding_options,
    check_new_key,
    place_of,
    read_answer,
)
from identity.sign_in.passkey_sign_in_routes import (
    LARGEST,
    begin_sign_in,
    finish_sign_in,
    require_own_page,
)
from identity.sign_in.passkeys import (
    Passkey,
    add_passkey,
    passkey_of,
    passkeys_of,
    read_name,
    remove_passkey,
    rename_passkey,
    require_room,
)
from identity.sign_in.passwords import Passwords
from identity.sign_in.second_step import note_removal, set_second_step, wants_second_step
from identity.sign_in.spare_codes import codes_left, keep_codes, new_codes
from pod import clock
from pod.database import Database, Tx
from pod.errors import NotSignedIn, Refused, Unreadable
from pod.instant import MINUTE, SECOND, Now, text_of
from pod.iri import Iri

FRESH = 10 * MINUTE
NEW: Fields = {"credential": (True, "object"), "name": (False, "string")}
RENAME: Fields = {"name": (True, "string")}
REQUIRE: Fields = {"required": (True, "boolean")}
WAYS = "account/{account}/login"


def routes(
    db: Database,
    door: Door,
    base: Iri,
    now: Now,
    open_registration: bool,
    passwords: Passwords,
    recovery: Recovery | None = None,
    registers: bool = False,
) -> list[web.RouteDef]:
    """To be added before the account desk's own, whose last address takes everything."""
    desk = Desk(db, base, now, open_registration, passwords, recovery, registers=registers)
    table: dict[str, dict[str, Call]] = {
        "login/passkey/": {"GET": begin_sign_in, "POST": finish_sign_in},
        f"{WAYS}/passkey/": {"GET": list_passkeys, "POST": add},
        f"{WAYS}/passkey/{{resource}}/": {"GET": show, "POST": rename, "DELETE": remove},
        f"{WAYS}/second-step/": {"GET": show_second_step, "POST": change_second_step},
    }
    return [
        web.route("*", f"/.account/{path}", door.open(at_desk(desk, calls), Cors.NONE))
        for path, calls in table.items()
    ]


async def list_passkeys(visit: Visit) -> web.Response:
    """The passkeys of the account; with `?step=add` also what to ask for one more."""
    account, db = visit.account, visit.desk.db
    known = await db.read(passkeys_of, account)
    data: dict[str, object] = {
        "fields": described(NEW),
        "passkeys": {visit.mine("login/passkey", each.id): _described(each) for each in known},
    }
    if visit.request.query.get("step") == "add":
        data["options"] = await _options(visit, known)
    return answer(visit, data)


def _described(passkey: Passkey) -> dict[str, object]:
    used = None if passkey.used is None else text_of(passkey.used)
    return {"name": passkey.name, "created": text_of(passkey.created), "used": used}


async def _options(visit: Visit, known: list[Passkey]) -> dict[str, object]:
    require_own_page(visit)
    desk, account, challenge = visit.desk, visit.account, new_challenge()
    name = await desk.db.write(None, _begin, visit, challenge)
    return adding_options(place_of(desk.base), challenge, account, name, known)


async def _begin(tx: Tx, visit: Visit, challenge: str) -> str:
    """What the person's device will call the account."""
    session, now = await _fresh(tx, visit), visit.desk.now()
    await require_room(tx, session.account)
    # One challenge for each session: nobody fills the table with them.
    await challenges.forget(tx, ADD, session.account)
    await challenges.keep(tx, challenge, ADD, session.hash, now, account=session.account)
    return next(iter(await logins_of(tx, session.account)), "Kluis")


async def _fresh(tx: Tx, visit: Visit) -> Session:
    """KLU-3: another way to sign in is only given to somebody who has just signed in."""
    session = visit.session
    if session is None:
        raise NotSignedIn("Sign in first.")
    since = session.signed_in or session.created
    if await clock.instant(tx, visit.desk.now()) - since <= FRESH:
        return session
    more = {
        "problem": "sign-in-again",
        "max_age": FRESH // SECOND,
        "location": f"{visit.desk.base}-/sign-in",
    }
    raise Refused("Sign in again first: this changes how you sign in.", problem=STEP_UP, more=more)


async def add(visit: Visit) -> web.Response:
    """A new passkey, when the answer to our challenge holds."""
    account, desk = visit.account, visit.desk
    sent = await read_json(visit.request, LARGEST)
    name = read_name(sent.get("name"))
    given = read_answer(sent.get("credential"), CREATE, place_of(desk.base))
    if not await desk.db.write(None, _take, visit, given):
        raise challenges.over()
    key = check_new_key(given, place_of(desk.base))
    passkey = Passkey(
        id=new_id(),
        account=account,
        credential=key.credential,
        public_key=key.public_key,
        sign_count=key.sign_count,
        name=name,
        transports=given.transports,
        created=desk.now(),
        used=None,
    )
    await desk.db.write(None, _add, visit, passkey)
    return answer(visit, {"resource": visit.mine("login/passkey", passkey.id)})


async def _add(tx: Tx, visit: Visit, passkey: Passkey) -> None:
    await add_passkey(tx, passkey)
    await _note(tx, visit, "passkey-added")


async def _note(tx: Tx, visit: Visit, kind: str) -> None:
    await events.note(tx, events.attempt(visit.account, kind, visit.address, visit.desk.now()))


async def _take(tx: Tx, visit: Visit, given: Answer) -> bool:
    """The challenge is spent by this, also when the rest does not hold."""
    session = await _fresh(tx, visit)
    asked = await challenges.take(tx, given.challenge, (ADD,), session.hash, visit.desk.now())
    return asked is not None and asked.account == session.account


async def show(visit: Visit) -> web.Response:
    """One passkey, and what changing it takes."""
    passkey = await visit.desk.db.read(passkey_of, visit.account, visit.resource)
    return answer(visit, {"fields": described(RENAME), **_described(passkey)})


async def rename(visit: Visit) -> web.Response:
    """Another name for the same key."""
    account, sent = visit.account, await visit.sent()
    name = read_name(text_in(sent, "name"))
    await visit.desk.db.write(None, rename_passkey, account, visit.resource, name)
    return answer(visit, {})


async def remove(visit: Visit) -> web.Response:
    """Never the last way to sign in; every other session of the account ends."""
    await visit.desk.db.write(None, _remove, visit, visit.account, visit.resource)
    return answer(visit, {})


async def _remove(tx: Tx, visit: Visit, account: str, id_: str) -> None:
    await passkey_of(tx, account, id_)
    await _fresh(tx, visit)
    await note_removal(tx, account, visit.address, visit.desk.now())
    await remove_passkey(tx, account, id_)
    await close_others(tx, account, visit.value, visit.desk.now())


async def show_second_step(visit: Visit) -> web.Response:
    """Whether a password of this account is followed by a passkey."""
    required, left = await visit.desk.db.read(_second_step, visit.account)
    shown = {"fields": described(REQUIRE), "required": required, "spareCodesLeft": left}
    return answer(visit, shown)


async def _second_step(tx: Tx, account: str) -> tuple[bool, int]:
    return await wants_second_step(tx, account), await codes_left(tx, account)


async def change_second_step(visit: Visit) -> web.Response:
    """Ask for a passkey after each password, or no longer; with it come new spare codes."""
    account, sent = visit.account, await visit.sent()
    if "required" not in sent:
        raise Unreadable("required is required and is true or false.")
    wanted, codes = flag_in(sent, "required"), new_codes()
    await visit.desk.db.write(None, _change_second_step, visit, account, wanted, codes)
    return answer(visit, {"spareCodes": list(codes)} if wanted else {})


async def _change_second_step(
    tx: Tx, visit: Visit, account: str, wanted: bool, codes: tuple[str, ...]
) -> None:
    await _fresh(tx, visit)
    await set_second_step(tx, account, wanted)
    await keep_codes(tx, account, codes if wanted else (), visit.desk.now())
    await _note(tx, visit, "second-step-on" if wanted else "second-step-off")
