# SPDX-License-Identifier: EUPL-1.2
"""The addresses of the citizen's pages, all under /-/ (decision 6)."""

from collections.abc import Mapping, Sequence
from functools import partial

from aiohttp import web

from acl.decide import PermitSource
from consent.house import House
from dashboard import (
    access,
    addresses,
    api_reference,
    app_sign_in,
    by_law,
    cases,
    checking,
    data_routes,
    dev,
    export_routes,
    first_pod,
    guide,
    issuers,
    later,
    leaving,
    log_routes,
    moves,
    overview,
    permissions,
    program_keys,
    questions,
    reads,
    receipts,
    recovery,
    register,
    second_step,
    settings,
    sign_in,
    sign_in_ways,
    spare_code,
    statements,
    theme,
)
from dashboard.door import HEADERS, Pages
from dashboard.fittings import Fittings
from dashboard.render import Static, load_static, make_renderer
from dashboard.visit import HOME
from dashboard.words import Words, load_words, prefers_html
from identity.cors import Cors
from identity.door import Door, Room
from identity.sign_in.passwords import Passwords
from identity.who import Who
from pod.errors import Missing

CODE = "{code:[A-Za-z0-9_-]{1,64}}"
FOR_EVER = "public, max-age=31536000, immutable"


def routes(
    house: House,
    door: Door,
    passwords: Passwords | None = None,
    fittings: Fittings | None = None,
    sources: Sequence[PermitSource] = (),
    words: Mapping[str, Words] | None = None,
) -> list[web.RouteDef]:
    """Every page. `passwords` shared with the account API makes them count tries together."""
    fittings = fittings or Fittings(passwords or Passwords())
    words, static = words or load_words(), load_static()
    pages = Pages(house, door, words, make_renderer(words, static))
    return [
        *_front(pages, door, fittings),
        *_sign_in(pages, fittings),
        *_register(pages, fittings),
        *_settings(pages, fittings),
        *(_dev(pages, fittings) if fittings.dev else ()),
        *_requests(pages, fittings),
        *_grants(pages),
        *_law(pages),
        web.get("/-/access", pages.show(partial(access.access_page, sources))),
        *_guide(pages),
        *data_routes.routes(pages, sources, fittings.keeping),
        *log_routes.routes(pages),
        web.get("/-/static/{name}", door.open(_static_room(static), Cors.NONE)),
        web.get("/-/{rest:.*}", pages.show(guide.nothing, public=True)),
    ]


def _front(pages: Pages, door: Door, fittings: Fittings) -> list[web.RouteDef]:
    first = partial(overview.overview, fittings)
    return [
        web.get("/", door.open(_root, Cors.DATA)),
        web.get("/-", door.open(_first, Cors.NONE)),
        web.get(HOME, pages.show(first, public=True)),
        web.get(first_pod.FIRST_POD, pages.show(first_pod.first_pod_page, podless=True)),
        web.post(first_pod.FIRST_POD, pages.take(first_pod.make_first_pod, "pod")),
        web.post("/-/sign-out", pages.take(sign_in.sign_out, "sign-out")),
        web.post("/-/theme", pages.take(theme.choose_theme, "theme", public=True)),
        web.post("/-/language", pages.take(sign_in.choose_language, "language", public=True)),
        web.get("/-/log", pages.show(reads.log_page)),
        web.get(f"/-/receipts/{CODE}", pages.show(receipts.receipt_page)),
    ]


def _sign_in(pages: Pages, fittings: Fittings) -> list[web.RouteDef]:
    app, code = f"/-/app/{CODE}", f"/-/reset/{CODE}"
    form, check = partial(sign_in.sign_in_form, fittings), partial(sign_in.sign_in, fittings)
    look = partial(app_sign_in.app_page, fittings)
    answer = partial(app_sign_in.answer_app, fittings)
    forgot, ask = partial(recovery.forgot_page, fittings), partial(recovery.ask_mail, fittings)
    reset = partial(recovery.reset_page, fittings)
    choose = partial(recovery.choose_password, fittings)
    sent = partial(recovery.sent_page, fittings)
    spare = partial(spare_code.give_code, fittings)
    return [
        web.get("/-/sign-in", pages.show(form, public=True)),
        web.post("/-/sign-in", pages.take(check, "sign-in", public=True)),
        web.get("/-/sign-in/passkey", pages.show(spare_code.second_step_page, public=True)),
        web.post("/-/sign-in/spare-code", pages.take(spare, "spare-code", public=True)),
        web.get(app, pages.show(look, public=True)),
        web.post(app, pages.take(answer, "app", public=True)),
        web.get("/-/forgot", pages.show(forgot, public=True)),
        web.post("/-/forgot", pages.take(ask, "forgot", public=True)),
        web.get("/-/forgot/sent", pages.show(sent, public=True)),
        web.get("/-/reset", pages.show(reset, public=True)),
        web.post("/-/reset", pages.take(choose, "reset", public=True)),
        web.get("/-/reset/done", pages.show(recovery.done_page, public=True)),
        web.get(code, pages.show(reset, public=True)),
    ]


def _register(pages: Pages, fittings: Fittings) -> list[web.RouteDef]:
    first, sent = partial(register.register_page, fittings), partial(register.sent_page, fittings)
    ask, look = partial(register.ask, fittings), partial(register.confirm_page, fittings)
    confirm = pages.take(partial(register.confirm, fittings), "register-confirm", public=True)
    return [
        web.get(register.REGISTER, pages.show(first, public=True)),
        web.post(register.REGISTER, pages.take(ask, "register", public=True)),
        web.get(f"{register.REGISTER}/sent", pages.show(sent, public=True)),
        web.get(f"{register.REGISTER}/confirm", pages.show(look, public=True)),
        web.post(f"{register.REGISTER}/confirm", confirm),
    ]


def _settings(pages: Pages, fittings: Fittings) -> list[web.RouteDef]:
    one_session, one_app = f"{settings.SESSIONS}/{CODE}/end", f"{settings.APPS}/{CODE}/end"
    all_sessions = pages.take(settings.end_all_sessions, "end-all-sessions")
    return [
        web.get(leaving.LEAVE, pages.show(leaving.leave_page)),
        web.post(leaving.LEAVE, pages.take(partial(leaving.leave, fittings), "leave")),
        web.post(f"{leaving.LEAVE}/stay", pages.take(leaving.stay_after_all, "stay")),
        *export_routes.routes(pages, fittings),
        web.get("/-/settings", pages.show(settings.settings_page)),
        web.get(settings.SESSIONS, pages.show(settings.sessions_page)),
        web.post(f"{settings.SESSIONS}/end-all", all_sessions),
        web.post(one_session, pages.take(settings.end_one_session, "end-session")),
        web.get(settings.APPS, pages.show(settings.apps_page)),
        web.post(one_app, pages.take(settings.end_one_app, "end-app")),
        *_ways(pages, fittings),
        *_keys(pages, fittings),
    ]


def _ways(pages: Pages, fittings: Fittings) -> list[web.RouteDef]:
    ways = sign_in_ways.WAYS
    look, change = (
        partial(room, fittings) for room in (sign_in_ways.ways_page, sign_in_ways.change_password)
    )
    forget = partial(sign_in_ways.remove_one_passkey, fittings)
    unlink = partial(sign_in_ways.remove_link, fittings)
    add, prove, proved, drop = (
        partial(room, fittings)
        for room in (addresses.ask, addresses.confirm_page, addresses.confirm, addresses.remove)
    )
    return [
        web.get(ways, pages.show(look)),
        web.post(f"{ways}/password", pages.take(change, "password")),
        web.post(f"{ways}/passkeys/{CODE}/remove", pages.take(forget, "remove-passkey")),
        web.post(f"{ways}/links/{CODE}/remove", pages.take(unlink, "remove-link")),
        web.get(addresses.ADDRESS, pages.show(prove)),
        web.post(addresses.ADDRESS, pages.take(add, "address")),
        web.post(f"{addresses.ADDRESS}/confirm", pages.take(proved, "address-confirm")),
        web.post(f"{ways}/addresses/{CODE}/remove", pages.take(drop, "remove-address")),
    ]


def _keys(pages: Pages, fittings: Fittings) -> list[web.RouteDef]:
    keys = program_keys.KEYS
    issuer_list, issuer_more, issuer_less = (
        partial(room, fittings)
        for room in (issuers.issuers_page, issuers.add_issuer, issuers.remove_issuer)
    )
    return [
        web.get(issuers.ISSUERS, pages.show(issuer_list)),
        web.post(issuers.ISSUERS, pages.take(issuer_more, "add-issuer")),
        web.post(f"{issuers.ISSUERS}/remove", pages.take(issuer_less, "remove-issuer")),
        web.get(second_step.STEP, pages.show(second_step.step_page)),
        web.post(f"{second_step.STEP}/on", pages.take(second_step.switch_on, "second-step-on")),
        web.post(f"{second_step.STEP}/off", pages.take(second_step.switch_off, "second-step-off")),
        web.post(f"{second_step.STEP}/codes", pages.take(second_step.make_codes, "spare-codes")),
        web.get(keys, pages.show(program_keys.keys_page)),
        web.post(keys, pages.take(program_keys.make_key, "make-key")),
        web.post(f"{keys}/{CODE}/remove", pages.take(program_keys.remove_key, "remove-key")),
    ]


def _dev(pages: Pages, fittings: Fittings) -> list[web.RouteDef]:
    look = partial(dev.dev_page, fittings)
    return [
        web.get("/-/dev", pages.show(look, public=True)),
        web.post("/-/dev/sign-in", pages.take(dev.sign_in_as, "dev-sign-in", public=True)),
    ]


def _requests(pages: Pages, fittings: Fittings) -> list[web.RouteDef]:
    one, yes = f"/-/requests/{CODE}", partial(questions.approve, fittings)
    return [
        web.get("/-/requests", pages.show(questions.request_list)),
        web.get(one, pages.show(questions.request_page)),
        web.get(f"{one}/approve", pages.show(questions.approve_page)),
        web.post(f"{one}/approve", pages.take(yes, "approve")),
        web.get(f"{one}/later", pages.show(later.later_page)),
        web.post(f"{one}/later", pages.take(later.decide_later, "later")),
        web.get(f"{one}/refuse", pages.show(questions.refuse_page)),
        web.post(f"{one}/refuse", pages.take(questions.refuse, "refuse")),
    ]


def _grants(pages: Pages) -> list[web.RouteDef]:
    one = f"/-/grants/{CODE}"
    return [
        web.get("/-/grants", pages.show(permissions.grant_list)),
        web.post("/-/grants/pause-all", pages.take(moves.pause_everything, "pause-all")),
        web.post("/-/grants/resume-all", pages.take(moves.resume_everything, "resume-all")),
        web.get(one, pages.show(permissions.grant_page)),
        web.post(f"{one}/pause", pages.take(moves.pause, "pause")),
        web.post(f"{one}/resume", pages.take(moves.resume, "resume")),
        web.get(f"{one}/narrow", pages.show(moves.narrow_page)),
        web.post(f"{one}/narrow", pages.take(moves.make_narrower, "narrow")),
        web.get(f"{one}/withdraw", pages.show(permissions.withdraw_page)),
        web.post(f"{one}/withdraw", pages.take(permissions.withdraw, "withdraw")),
        web.get(f"{one}/withdrawn", pages.show(permissions.withdrawn_page)),
    ]


def _law(pages: Pages) -> list[web.RouteDef]:
    one, case = f"/-/law/{CODE}", f"/-/cases/{CODE}"
    return [
        web.get("/-/law", pages.show(by_law.law_list)),
        web.get(one, pages.show(by_law.law_page)),
        web.post(f"{one}/object", pages.take(by_law.object_to, "object")),
        web.get("/-/cases", pages.show(cases.case_list)),
        web.post("/-/cases", pages.take(cases.open_new, "case")),
        web.get("/-/cases/new", pages.show(cases.new_page)),
        web.get(case, pages.show(cases.case_page)),
        web.post(case, pages.take(cases.change, "case")),
    ]


def _guide(pages: Pages) -> list[web.RouteDef]:
    return [
        web.get("/-/words", pages.show(statements.words_page, public=True)),
        web.get("/-/privacy", pages.show(statements.privacy_page, public=True)),
        web.get("/-/accessibility", pages.show(statements.accessibility_page, public=True)),
        web.get("/-/verify", pages.show(checking.check_page, public=True)),
        web.post("/-/verify", pages.take_file(checking.check, "verify", public=True)),
        web.get("/-/help", pages.show(guide.help_page, public=True)),
        web.get("/-/api", pages.show(api_reference.reference_page, public=True)),
        web.get(f"/-/help/{CODE}", pages.show(guide.problem_page, public=True)),
        web.get(f"/-/constraints/{CODE}", pages.show(guide.constraint_page, public=True)),
    ]


async def _root(request: web.Request, who: Who) -> web.StreamResponse:
    # Decision 6: there is no resource at the root; a browser is led on, programs get 404.
    if prefers_html(request.headers.get("Accept")):
        return web.Response(status=303, headers={"Location": HOME, "Vary": "Accept"})
    raise Missing("There is nothing at this address.", headers={"Vary": "Accept"})


async def _first(request: web.Request, who: Who) -> web.StreamResponse:
    return web.Response(status=303, headers={"Location": HOME})


def _static_room(static: Mapping[str, Static]) -> Room:
    async def room(request: web.Request, who: Who) -> web.StreamResponse:
        file = static.get(request.match_info["name"])
        if file is None:
            raise Missing("There is no such file.")
        kept = request.query.get("v") == file.digest
        headers = {
            **HEADERS,
            "Content-Type": file.media_type,
            "ETag": f'"{file.digest}"',
            "Cache-Control": FOR_EVER if kept else "no-cache",
        }
        headers.pop("Vary")
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.body, headers=headers)

    return room
