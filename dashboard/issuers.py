# SPDX-License-Identifier: EUPL-1.2
"""Settings: which services may say that somebody is she; only her account changes that (WI-2)."""

from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import urlsplit

import pyoxigraph as ox

from consent.house import House
from dashboard.fittings import VERY_FRESH, Fittings
from dashboard.settings import account_of
from dashboard.sign_in_ways import is_fresh, sign_in_first
from dashboard.visit import SETTINGS, Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.accounts import events
from notify import outbox
from pod import contents, rdf
from pod.database import Tx
from pod.errors import Missing, Stale
from pod.instant import Instant
from pod.iri import Iri, parent
from pod.resource import Resource
from pod.vocab import SOLID

ISSUERS = f"{SETTINGS}/issuers"
ISSUER = ox.NamedNode(f"{SOLID}oidcIssuer")
LONGEST, MOST = 500, 10
NO_ADDRESS = mark("Vul een adres in dat met https:// begint.")
TOO_MANY = mark("Er staan al {number} diensten. Verwijder er eerst een.")
CHANGED = mark("Uw profiel veranderde intussen. Probeer het opnieuw.")


@dataclass(frozen=True, slots=True)
class Profile:
    """A document of hers, and who may speak for the WebID in it."""

    webid: str
    resource: Resource
    triples: tuple[ox.Triple, ...]
    prefixes: dict[str, str]

    @property
    def issuers(self) -> list[str]:
        me = ox.NamedNode(self.webid)
        found = [t.object for t in self.triples if (t.subject, t.predicate) == (me, ISSUER)]
        return sorted(each.value for each in found if isinstance(each, ox.NamedNode))

    def body_with(self, issuers: list[str]) -> bytes:
        """The same statements, with these issuers in place of those."""
        me = ox.NamedNode(self.webid)
        kept = [t for t in self.triples if (t.subject, t.predicate) != (me, ISSUER)]
        said = [ox.Triple(me, ISSUER, ox.NamedNode(each)) for each in issuers]
        return rdf.write([*kept, *said], self.resource.media_type, self.prefixes)


async def issuers_page(fittings: Fittings, house: House, visit: Visit) -> Page:
    """Each WebID of a pod here, with the services that its profile names."""
    return await _page(fittings, house, visit)


async def _page(
    fittings: Fittings, house: House, visit: Visit, errors: tuple[Mistake, ...] = ()
) -> Page:
    profiles = await _profiles(house, account_of(visit))
    data = {
        "profiles": profiles,
        "own": house.base,
        "fresh": is_fresh(house, visit, VERY_FRESH),
        "again": sign_in_first(ISSUERS).address,
        "issuer": visit.form.one("issuer")[:LONGEST],
        "done": visit.query.one("done") if not errors else "",
        "errors": errors,
    }
    return Page("settings_issuers.html", data, 422 if errors else 200)


async def _profiles(house: House, account: str) -> list[Profile]:
    found = await house.db.read(_documents, account)
    return [_read(house, webid, resource) for webid, resource in found]


def _read(house: House, webid: str, resource: Resource) -> Profile:
    said = rdf.parse(resource.body or b"", resource.media_type, resource.iri, house.contexts)
    return Profile(webid, resource, tuple(said.triples), dict(said.prefixes))


async def _documents(tx: Tx, account: str) -> list[tuple[str, Resource]]:
    rows = await tx.all(
        "SELECT uri FROM webid WHERE account = :a AND kind = 'own' ORDER BY verified, id", a=account
    )
    found = []
    for row in rows:
        resource = await contents.fetch(tx, Iri(row["uri"].partition("#")[0]))
        if resource is not None and resource.body and rdf.is_rdf(resource.media_type):
            found.append((row["uri"], resource))
    return found


async def add_issuer(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """From now on that service may sign her in elsewhere."""
    issuer = visit.form.one("issuer").strip()
    if not is_fresh(house, visit, VERY_FRESH):
        return sign_in_first(ISSUERS)
    profile = await _profile(house, visit)
    if not _is_issuer(issuer, dev=fittings.dev):
        return await _wrong(fittings, house, visit, NO_ADDRESS)
    if len(profile.issuers) >= MOST:
        return await _wrong(fittings, house, visit, TOO_MANY)
    return await _changed(fittings, house, visit, profile, [*profile.issuers, issuer])


async def remove_issuer(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """That service speaks for her no longer; this server does as long as the account lives."""
    issuer = visit.form.one("issuer")
    if not is_fresh(house, visit, VERY_FRESH):
        return sign_in_first(ISSUERS)
    profile = await _profile(house, visit)
    if issuer == house.base or issuer not in profile.issuers:
        raise Missing("This service cannot be removed from the profile.")
    left = [each for each in profile.issuers if each != issuer]
    return await _changed(fittings, house, visit, profile, left)


async def _profile(house: House, visit: Visit) -> Profile:
    webid = visit.form.one("webid")
    found = [each for each in await _profiles(house, account_of(visit)) if each.webid == webid]
    if not found:
        raise Missing("There is no such WebID in your account.")
    return found[0]


async def _wrong(fittings: Fittings, house: House, visit: Visit, text: str) -> Page:
    mistake = Mistake("issuer", visit.words.say(text, number=MOST))
    return await _page(fittings, house, visit, (mistake,))


def _is_issuer(text: str, *, dev: bool) -> bool:
    """RS: issuers are compared byte for byte, so nothing is added to what she gives."""
    if len(text) > LONGEST or not text.isascii() or any(char in text for char in ' <>"{}|^`\\?#'):
        return False
    try:
        parts = urlsplit(ox.NamedNode(text).value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    near = dev and parts.scheme == "http" and host in ("localhost", "127.0.0.1")
    return bool(host) and "@" not in parts.netloc and (parts.scheme == "https" or near)


async def _changed(
    fittings: Fittings, house: House, visit: Visit, profile: Profile, issuers: list[str]
) -> Shown:
    body = profile.body_with(sorted(set(issuers)))
    old, account = profile.resource, account_of(visit)
    try:
        await house.db.write(old.pod, _keep, visit, account, old, body, house.now())
    except Stale:
        return await _wrong(fittings, house, visit, CHANGED)
    return Away(f"{ISSUERS}?done=1")


async def _keep(
    tx: Tx, visit: Visit, account: str, old: Resource, body: bytes, now: Instant
) -> None:
    """The document, its place in the listing, the news of it and the note: one commit."""
    there = await contents.fetch(tx, old.iri)
    if there is None or there.version != old.version:
        raise Stale("The profile changed in the meantime.")
    seq = await outbox.record(tx, old.pod, "Update", old.iri, now)
    size, digest = len(body), sha256(body).hexdigest()
    new = replace(old, body=body, size=size, digest=digest, version=seq, modified=now)
    await contents.put(tx, new)
    above = parent(old.iri)
    if above is not None:
        await contents.touch(tx, above, seq)
    webid = visit.form.one("webid")
    noted = events.attempt(account, "issuer-changed", visit.address, now, webid=webid)
    await events.note(tx, noted)
