# SPDX-License-Identifier: EUPL-1.2
"""Accounts from the seed file: what is missing is added, what is there stays as it is (KC-8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from identity.accounts import accounts, credentials, pods, webids
from identity.sign_in.passwords import Passwords, check_new
from pod.database import Database, Tx
from pod.errors import Clash, Unreadable
from pod.instant import Instant, Now
from pod.iri import Iri

ACCOUNT = ("email", "password", "pods", "name", "operator", "clientCredentials")
POD = ("name", "settings")
CREDENTIAL = ("id", "secret", "webId")
SHORTEST_SECRET = 16
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


@dataclass(frozen=True, slots=True)
class Seedling:
    """One account as the file has it, read and checked."""

    email: str
    password: str
    operator: bool
    pods: tuple[pods.NewPod, ...]
    credentials: tuple[tuple[credentials.NewCredential, str], ...]


@dataclass(frozen=True, slots=True)
class Made:
    """How many of each were new."""

    accounts: int = 0
    pods: int = 0
    credentials: int = 0


async def seed_accounts(db: Database, base: Iri, given: Sequence[Any], now: Now) -> Made:
    """Add what is not there yet. Unreadable or Clash names what is wrong with the file."""
    seedlings = [_read(base, source, number) for number, source in enumerate(given, 1)]
    passwords, made = Passwords(), Made()
    for seedling in seedlings:
        known = await db.read(accounts.find_login, seedling.email)
        secret = None if known is not None else await passwords.hash(seedling.password)
        new = await db.write(None, _plant, base, seedling, secret, now())
        made = Made(
            made.accounts + new.accounts,
            made.pods + new.pods,
            made.credentials + new.credentials,
        )
    return made


def _read(base: Iri, source: Any, number: int) -> Seedling:
    whole = _members(source, ACCOUNT, f"Account {number} of the seed")
    email, password = accounts.read_email(whole.get("email")), whole.get("password")
    if not isinstance(password, str):
        raise Unreadable(f"The account {email} of the seed has no password.")
    operator = whole.get("operator", False)
    if not isinstance(operator, bool):
        raise Unreadable(f"The member operator of the account {email} is true or false.")
    what = f"The account {email} of the seed"
    planned = tuple(
        _pod(base, item, whole.get("name"), what) for item in _list(whole, "pods", what)
    )
    shared = tuple(_credential(item, what) for item in _list(whole, "clientCredentials", what))
    return Seedling(email, check_new(password, 1), operator, planned, shared)


def _members(source: Any, known: Sequence[str], what: str) -> Mapping[str, Any]:
    if not isinstance(source, dict):
        raise Unreadable(f"{what} is not an object.")
    unknown = sorted(source.keys() - set(known))
    if unknown:
        raise Unreadable(f"{what} has {unknown[0]!r}; it knows {', '.join(known)}.")
    return source


def _list(whole: Mapping[str, Any], name: str, what: str) -> list[Any]:
    value = whole.get(name, [])
    if not isinstance(value, list):
        raise Unreadable(f"{what} has {name} that are not a list.")
    return value


def _pod(base: Iri, item: Any, name: Any, what: str) -> pods.NewPod:
    source = _members(item, POD, f"A pod of {what[0].lower()}{what[1:]}")
    settings = source.get("settings", {})
    if "name" not in source or not isinstance(settings, dict):
        # A name that is made anew at each start would make a pod at each start.
        raise Unreadable(f"{what} has a pod without a name, or settings that are no object.")
    return pods.plan_pod(base, source["name"], {"name": name, **settings})


def _credential(item: Any, what: str) -> tuple[credentials.NewCredential, str]:
    source = _members(item, CREDENTIAL, f"A credential of {what[0].lower()}{what[1:]}")
    id_, secret, webid = (source.get(name) for name in CREDENTIAL)
    if not isinstance(id_, str) or not 0 < len(id_) <= 200 or not _UNRESERVED.issuperset(id_):
        raise Unreadable(f"{what} has a credential whose id is not of letters, digits and -._~.")
    if not isinstance(secret, str) or len(secret) < SHORTEST_SECRET:
        raise Unreadable(f"The secret of {id_} has fewer than {SHORTEST_SECRET} characters.")
    if not _UNRESERVED.issuperset(secret):
        # OP-12: clients encode a secret or send it raw; these letters are the same in both.
        raise Unreadable(f"The secret of {id_} is not of letters, digits and -._~.")
    new = credentials.NewCredential(id_, secret, accounts.new_id(), accounts.new_id())
    return new, pods.read_webid(webid)


async def _plant(tx: Tx, base: Iri, seedling: Seedling, secret: str | None, now: Instant) -> Made:
    login = await accounts.find_login(tx, seedling.email)
    account = login.account if login is not None else await _account(tx, seedling, secret, now)
    if seedling.operator:
        await accounts.mark_operator(tx, account)
    new_pods = sum([await _plant_pod(tx, base, account, pod, now) for pod in seedling.pods])
    shared = [
        await _plant_credential(tx, account, new, webid, now) for new, webid in seedling.credentials
    ]
    return Made(int(login is None), new_pods, sum(shared))


async def _account(tx: Tx, seedling: Seedling, secret: str | None, now: Instant) -> str:
    if secret is None:
        raise Clash(f"The account {seedling.email} was deleted while the seed was read.")
    account = accounts.new_id()
    await accounts.add_account(tx, account, now, operator=seedling.operator)
    await accounts.add_login(tx, accounts.new_id(), account, seedling.email, secret, now)
    return account


async def _plant_pod(tx: Tx, base: Iri, account: str, pod: pods.NewPod, now: Instant) -> bool:
    if pod.root in await pods.pods_of(tx, account):
        return False
    await pods.create_pod(tx, base, account, accounts.new_id(), pod, now)
    if pod.own_webid:
        await webids.link(tx, accounts.new_id(), account, pod.webid, "own", now)
    return True


async def _plant_credential(
    tx: Tx, account: str, new: credentials.NewCredential, webid: str, now: Instant
) -> bool:
    if new.id in await credentials.credentials_of(tx, account):
        return False
    if await tx.one("SELECT 1 AS there FROM credential WHERE id = :id", id=new.id) is not None:
        raise Clash(f"The credential {new.id} belongs to another account.")
    await credentials.add_credential(tx, new, account, webid, new.id, now)
    return True
