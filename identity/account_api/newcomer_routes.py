# SPDX-License-Identifier: EUPL-1.2
"""Registering by oneself over HTTP: ask for a mail, then bring its code (KLU-5)."""

from aiohttp import web

from identity.account_api.controls import FORGOT, RESET, Fields, described, flag_in, text_in
from identity.account_api.desk_routes import Visit, answer, mailing, signed_in
from identity.accounts import accounts, newcomers
from identity.accounts.recovery import Recovery
from identity.sign_in.passwords import check_new
from pod.errors import Refused

CONFIRM: Fields = {**RESET, "remember": (False, "boolean")}


def _open(visit: Visit) -> Recovery:
    if not visit.desk.registers:
        raise Refused("Nobody registers here by herself; ask who runs this server.")
    return mailing(visit)


async def show_register(visit: Visit) -> web.Response:
    """ACC-2."""
    _open(visit)
    return answer(visit, {"fields": described(FORGOT)})


async def register(visit: Visit) -> web.Response:
    """Mails a code, or that there is an account; the answer is the same either way."""
    recovery, given = _open(visit), accounts.read_email((await visit.sent()).get("email"))
    await newcomers.ask_to_join(recovery, given, visit.caller)
    return answer(visit, {"email": given})


async def show_confirm(visit: Visit) -> web.Response:
    """ACC-2; looking uses no code up."""
    _open(visit)
    return answer(visit, {"fields": described(CONFIRM)})


async def confirm(visit: Visit) -> web.Response:
    """The account and its first session, with a mailed code and a password."""
    recovery, sent = _open(visit), await visit.sent()
    password = check_new(text_in(sent, "password"), visit.desk.shortest_password)
    code, remember = text_in(sent, "recordId")[:200], flag_in(sent, "remember")
    joined = await newcomers.join(recovery, code, password, visit.caller, remember=remember)
    return signed_in(visit, joined.account, joined.value, remember=remember)
