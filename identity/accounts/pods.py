# SPDX-License-Identifier: EUPL-1.2
"""A new pod: its root, a profile that everyone may read, an inbox that takes messages (SP-96)."""

import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from pod.contents import next_seq, put
from pod.database import Tx
from pod.errors import Clash, Missing, Unreadable
from pod.instant import Instant
from pod.iri import Iri, acl_of, governed_by
from pod.national_number import has_national_number
from pod.resource import Resource

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_LETTERS = "abcdefghijkmnpqrstuvwxyz"
_WEBID = re.compile(r"https?://[^\s<>\"{}|\\^`/?#][^\s<>\"{}|\\^`]{0,1000}")
_PREFIXES = """@prefix acl: <http://www.w3.org/ns/auth/acl#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
"""
_OWNER = """
<#owner> a acl:Authorization ;
    acl:agent {agents} ;
    acl:accessTo <{here}> ;{default}
    acl:mode acl:Read, acl:Write, acl:Control .
"""
_PUBLIC_READ = """
<#public> a acl:Authorization ;
    acl:agentClass foaf:Agent ;
    acl:accessTo <{here}> ;
    acl:mode acl:Read .
"""
# SP-81: messages may be put in by whoever is signed in, and read by the owner alone.
_DROP = """
<#senders> a acl:Authorization ;
    acl:agentClass acl:AuthenticatedAgent ;
    acl:accessTo <{here}> ;
    acl:mode acl:Append .
"""
_PROFILE = """@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix ldp: <http://www.w3.org/ns/ldp#> .
@prefix pim: <http://www.w3.org/ns/pim/space#> .
@prefix solid: <http://www.w3.org/ns/solid/terms#> .

<> a foaf:PersonalProfileDocument ;
    foaf:maker <#me> ;
    foaf:primaryTopic <#me> .

<#me> a foaf:Agent, foaf:Person ;{name}
    ldp:inbox <{root}inbox/> ;
    pim:preferencesFile <{root}settings/preferences> ;
    pim:storage <{root}> ;
    solid:oidcIssuer <{issuer}> ;
    solid:publicTypeIndex <{root}settings/public-types> .
"""
_PREFERENCES = """@prefix pim: <http://www.w3.org/ns/pim/space#> .
@prefix solid: <http://www.w3.org/ns/solid/terms#> .

<> a pim:ConfigurationFile .

<{webid}> solid:privateTypeIndex <{root}settings/private-types> ;
    solid:publicTypeIndex <{root}settings/public-types> .
"""
# SP-95, SP-96: empty, since what kinds of data somebody holds is hers to tell.
_TYPES = """@prefix solid: <http://www.w3.org/ns/solid/terms#> .

<> a solid:TypeIndex, solid:{kind} .
"""


@dataclass(frozen=True, slots=True)
class NewPod:
    """What to make: everything decided before the unit of work."""

    root: Iri
    webid: str
    own_webid: bool
    owner_name: str | None = None


def plan_pod(base: Iri, name: object = None, settings: object = None) -> NewPod:
    """The pod that is asked for; Unreadable when the name cannot be one, with a suggestion.

    Decision 41: whoever does not choose a name gets one that tells nothing.
    """
    chosen = _random_name() if name is None else _checked_name(name)
    given = settings if isinstance(settings, dict) else {}
    root = Iri(f"{base}{chosen}/")
    own, webid, called = f"{root}profile/card#me", given.get("webId"), given.get("name")
    if called is not None and not (
        isinstance(called, str) and len(called) <= 200 and called.isprintable()
    ):
        raise Unreadable("settings.name is a text of at most 200 characters on one line.")
    if webid is None or webid == own:
        return NewPod(root, own, True, called)
    return NewPod(root, read_webid(webid), False, called)


def read_webid(value: object) -> str:
    """A WebID is an http(s) address that can stand between < and > (RFC 3987)."""
    if not isinstance(value, str) or not _WEBID.fullmatch(value) or not value.isprintable():
        raise Unreadable("A WebID is an http or https address.")
    return value


def _checked_name(name: object) -> str:
    rule = "A pod name has 1 to 60 lower-case letters, digits and hyphens, no hyphen first"
    if not isinstance(name, str):
        raise Unreadable(f"{rule}.", problem="bad-name")
    if has_national_number(name):
        # T-48: a name is in every address and log.
        raise Unreadable("A pod name cannot hold a national number.", problem="bad-name")
    if _NAME.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    suggestion = re.sub(r"[^a-z0-9]+", "-", plain)[:60].strip("-") or _random_name()
    raise Unreadable(f"{rule}; how about {suggestion}?", problem="bad-name")


def _random_name() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


async def create_pod(tx: Tx, base: Iri, account: str, id_: str, pod: NewPod, now: Instant) -> None:
    """The pod with all that a new one holds, in one commit; Clash when the name is taken."""
    if await tx.one("SELECT 1 AS there FROM pod WHERE iri = :iri", iri=pod.root) is not None:
        raise Clash("There already is a pod by this name.", problem="name-taken")
    # WI-3: a WebID never becomes another person's; the words are the same for both.
    if await tx.one("SELECT 1 AS gone FROM departed WHERE iri = :iri", iri=pod.root) is not None:
        raise Clash("There already is a pod by this name.", problem="name-taken")
    await tx.run(
        "INSERT INTO pod (iri, id, account, created, seq) VALUES (:iri, :id, :account, :now, 0)",
        iri=pod.root,
        id=id_,
        account=account,
        now=now,
    )
    await tx.run(
        "INSERT INTO owner (pod, webid, visible) VALUES (:pod, :webid, 0)",
        pod=pod.root,
        webid=pod.webid,
    )
    for iri, text in _contents(base, pod):
        await _keep(tx, pod.root, iri, text, now)


def _contents(base: Iri, pod: NewPod) -> list[tuple[Iri, str]]:
    root = pod.root
    inbox, profile = Iri(root + "inbox/"), Iri(root + "profile/")
    card = Iri(profile + "card")
    listed = [
        (root, ""),
        (acl_of(root), _acl(pod, root, below=True)),
        (inbox, ""),
        (acl_of(inbox), _acl(pod, inbox, below=True) + _DROP.format(here=inbox)),
        (profile, ""),
        *_settings(pod),
    ]
    if pod.own_webid:
        public = _acl(pod, card, below=False) + _PUBLIC_READ.format(here=card)
        listed += [(card, _profile(base, pod)), (acl_of(card), public)]
    return listed


def _settings(pod: NewPod) -> list[tuple[Iri, str]]:
    """SP-94, SP-95: preferences and type indexes, so that no app needs to make its own."""
    folder = Iri(pod.root + "settings/")
    public = Iri(folder + "public-types")
    readable = _acl(pod, public, below=False) + _PUBLIC_READ.format(here=public)
    return [
        (folder, ""),
        (Iri(folder + "preferences"), _PREFERENCES.format(webid=pod.webid, root=pod.root)),
        (Iri(folder + "private-types"), _TYPES.format(kind="UnlistedDocument")),
        (public, _TYPES.format(kind="ListedDocument")),
        (acl_of(public), readable),
    ]


def _acl(pod: NewPod, here: Iri, *, below: bool) -> str:
    return _owned([pod.webid], here, below=below)


def root_acl(root: Iri, webids: Sequence[str]) -> str:
    """The root ACL of a new pod with these owners (WAC-25)."""
    return _owned(webids, root, below=True)


def _owned(webids: Sequence[str], here: Iri, *, below: bool) -> str:
    default = f"\n    acl:default <{here}> ;" if below else ""
    agents = ", ".join(f"<{webid}>" for webid in webids)
    return _PREFIXES + _OWNER.format(agents=agents, here=here, default=default)


def _profile(base: Iri, pod: NewPod) -> str:
    # WI-1: readable without login, with the issuer exactly as the provider spells it.
    name = ""
    if pod.owner_name:
        quoted = pod.owner_name.translate(_ESCAPES)
        name = f'\n    foaf:name "{quoted}" ;'
    return _PROFILE.format(name=name, root=pod.root, issuer=base)


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


async def _keep(tx: Tx, root: Iri, iri: Iri, text: str, now: Instant) -> None:
    body = text.encode()
    version = await next_seq(tx, root)
    digest = sha256(body).hexdigest() if body else ""
    await put(tx, Resource(root, iri, "text/turtle", body, None, len(body), digest, version, now))
    if governed_by(iri) is not None:
        await _note_acl(tx, root, iri, text, version, now)


async def _note_acl(tx: Tx, root: Iri, iri: Iri, text: str, version: int, now: Instant) -> None:
    """WAC-36: also the first state is on record (acl/history.py does it for every later one)."""
    await tx.run(
        "INSERT INTO acl_change (pod, seq, iri, version, time, kind, media_type, body)"
        " VALUES (:pod, :seq, :iri, :seq, :now, 'first', 'text/turtle', :body)",
        pod=root,
        seq=version,
        iri=iri,
        now=now,
        body=text,
    )


async def pods_of(tx: Tx, account: str) -> dict[str, str]:
    """Pod to the id of its resource in the account API."""
    rows = await tx.all("SELECT iri, id FROM pod WHERE account = :a ORDER BY created", a=account)
    return {row["iri"]: row["id"] for row in rows}


async def owners_of(tx: Tx, account: str, id_: str) -> tuple[str, list[tuple[str, bool]]]:
    """A pod of this account and who owns it; Missing also when it is another's."""
    row = await tx.one("SELECT iri FROM pod WHERE id = :id AND account = :a", id=id_, a=account)
    if row is None:
        raise Missing("There is no such pod.")
    owners = await tx.all("SELECT webid, visible FROM owner WHERE pod = :p", p=row["iri"])
    return row["iri"], [(owner["webid"], bool(owner["visible"])) for owner in owners]


async def set_owner(tx: Tx, pod: str, webid: str, *, visible: bool) -> None:
    """SP-26: add an owner, or change whether she is shown."""
    await tx.run(
        "INSERT INTO owner (pod, webid, visible) VALUES (:pod, :webid, :visible)"
        " ON CONFLICT (pod, webid) DO UPDATE SET visible = excluded.visible",
        pod=pod,
        webid=webid,
        visible=int(visible),
    )


async def remove_owner(tx: Tx, pod: str, webid: str) -> None:
    """SP-26: at least one owner stays."""
    owners = await tx.all("SELECT webid FROM owner WHERE pod = :pod", pod=pod)
    if [owner["webid"] for owner in owners] == [webid]:
        raise Unreadable("A pod keeps at least one owner.")
    await tx.run("DELETE FROM owner WHERE pod = :pod AND webid = :webid", pod=pod, webid=webid)
