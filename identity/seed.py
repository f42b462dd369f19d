# SPDX-License-Identifier: EUPL-1.2
"""Accounts from the seed file: what is there already stays as it is (KC-8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from identity import accounts, credentials, pods, webids
from identity.passwords import Passwords, check_new
from pod.database import Database, Tx
from pod.errors import Unreadable
from pod.instant import Now
from pod.iri import Iri

MEMBERS = {"email", "password", "pods", "name", "operator", "clientCredentials"}


@dataclass(frozen=True, slots=True)
class Seedling:
    """One account to make, with its password already hashed."""

    email: str
    secret: str
    operator: bool
    pods: tuple[pods.NewPod, ...]
    credentials: tuple[tuple[credentials.NewCredential, str], ...]


async def seed_accounts(db: Database, base: Iri, given: Sequence[Any], now: Now) -> int:
    """Make the accounts that are not there yet; how many. Unreadable names what is wrong."""
    hasher, made = Passwords(), 0
    for source in given:
        email = accounts.read_email(_members(source).get("email"))
        if await db.read(accounts.find_login, email) is not None:
            continue
        password = source.get("password")
        if not isinstance(password, str):
            raise Unreadable(f"The account {email} has no password.")
        secret = await hasher.hash(check_new(password))
        await db.write(None, _plant, base, _seedling(base, email, secret, source), now)
        made += 1
    return made


def _members(source: Any) -> Mapping[str, Any]:
    if not isinstance(source, dict):
        raise Unreadable("An account in the seed is an object.")
    unknown = sorted(source.keys() - MEMBERS)
    if unknown:
        raise Unreadable(f"An account in the seed has {unknown[0]!r}, which is not known.")
    return source


def _seedling(base: Iri, email: str, secret: str, source: Mapping[str, Any]) -> Seedling:
    planned = tuple(
        pods.plan_pod(base, pod.get("name"), {"name": source.get("name"), **_settings(pod)})
        for pod in source.get("pods", [])
    )
    given = tuple(_credential(item) for item in source.get("clientCredentials", []))
    return Seedling(email, secret, source.get("operator") is True, planned, given)


def _settings(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = pod.get("settings", {})
    return settings if isinstance(settings, dict) else {}


def _credential(item: Any) -> tuple[credentials.NewCredential, str]:
    parts = [
        item.get(name) if isinstance(item, dict) else None for name in ("id", "secret", "webId")
    ]
    if not all(isinstance(part, str) and part for part in parts):
        raise Unreadable("A credential in the seed has the texts id, secret and webId.")
    id_, secret, webid = (str(part) for part in parts)
    new = credentials.NewCredential(id_, secret, accounts.new_id(), accounts.new_id())
    return new, webid


async def _plant(tx: Tx, base: Iri, seedling: Seedling, now: Now) -> None:
    moment, account = now(), accounts.new_id()
    await accounts.add_account(tx, account, moment, operator=seedling.operator)
    await accounts.add_login(
        tx, accounts.new_id(), account, seedling.email, seedling.secret, moment
    )
    for pod in seedling.pods:
        await pods.create_pod(tx, base, account, accounts.new_id(), pod, moment)
        if pod.own_webid:
            await webids.link(tx, accounts.new_id(), account, pod.webid, "own", moment)
    for new, webid in seedling.credentials:
        await credentials.add_credential(tx, new, account, webid, new.id, moment)
