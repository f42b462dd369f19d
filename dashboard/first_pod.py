# SPDX-License-Identifier: EUPL-1.2
"""A first sign-in without a pod: choose its name, or take the one that is proposed."""

from urllib.parse import quote

from consent.house import House
from dashboard.forms import safe_next
from dashboard.settings import account_of
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.accounts import accounts, pods, webids
from pod.database import Tx
from pod.errors import Clash, Unreadable
from pod.instant import Instant
from pod.iri import Iri
from pod.national_number import has_national_number

FIRST_POD = "/-/pod"
LONGEST = 60
BAD_NAME = mark("Gebruik 1 tot 60 kleine letters, cijfers en streepjes. Vooraan geen streepje.")
A_NUMBER = mark("Een naam mag geen rijksregisternummer bevatten.")
TAKEN = mark("Deze naam is niet vrij. Kies een andere.")


def to_first_pod(next_: str) -> Away:
    """To the choice of a name, and on to where she was going."""
    return Away(f"{FIRST_POD}?next={quote(next_, safe='/')}")


async def first_pod_page(house: House, visit: Visit) -> Shown:
    """Decision 41: the name that is proposed tells nothing about her."""
    next_ = safe_next(visit.query.one("next"))
    if visit.reader is not None and visit.reader.webids:
        return Away(next_)
    return _page(house, next_, _proposed(house.base))


def _proposed(base: Iri) -> str:
    return pods.plan_pod(base).root.removeprefix(base).rstrip("/")


def _page(house: House, next_: str, name: str, errors: tuple[Mistake, ...] = ()) -> Page:
    data = {"next": next_, "name": name[:LONGEST], "base": house.base, "errors": errors}
    return Page("first_pod.html", data, 422 if errors else 200)


async def make_first_pod(house: House, visit: Visit) -> Shown:
    """The pod and its WebID in one commit; a second press makes no second pod."""
    account, next_ = account_of(visit), safe_next(visit.form.one("next"))
    name = visit.form.one("name").strip().lower()
    try:
        pod = pods.plan_pod(house.base, name)
        ids = (accounts.new_id(), accounts.new_id())
        await house.db.write(pod.root, _make, house.base, account, ids, pod, house.now())
    except Unreadable as error:
        if error.problem != "bad-name":
            raise
        wrong = A_NUMBER if has_national_number(name) else BAD_NAME
    except Clash as error:
        if error.problem != "name-taken":
            raise
        wrong = TAKEN
    else:
        return Away(next_)
    return _page(house, next_, name, (Mistake("name", visit.words.say(wrong)),))


async def _make(
    tx: Tx, base: Iri, account: str, ids: tuple[str, str], pod: pods.NewPod, now: Instant
) -> None:
    await accounts.require_login(tx, account)
    if await webids.webids_of(tx, account):
        return
    await pods.create_pod(tx, base, account, ids[0], pod, now)
    await webids.link(tx, ids[1], account, pod.webid, "own", now)
