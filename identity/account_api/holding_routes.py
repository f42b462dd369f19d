# SPDX-License-Identifier: EUPL-1.2
"""What an account has, over HTTP: pods, WebIDs, client credentials."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from identity.account_api.controls import CREDENTIAL, OWNER, POD, WEBID, described, flag_in, text_in
from identity.account_api.desk_routes import Desk, Visit, answer
from identity.accounts import accounts, credentials, events, pods, webids
from identity.accounts.webid_proof import require_proof, use_proof
from identity.clients.keys import read_keys
from pod.database import Tx
from pod.errors import Missing, Unreadable
from pod.instant import Instant, read_instant, text_of
from pod.iri import Iri

PROOFS_PER_ACCOUNT = 60


async def holdings(tx: Tx, base: Iri, account: str) -> dict[str, object]:
    """KLU-2: everything by name, and the address of each."""
    mine = f"{base}.account/account/{account}/"

    def named(rows: Mapping[str, str], kind: str) -> dict[str, str]:
        return {key: f"{mine}{kind}/{id_}/" for key, id_ in rows.items()}

    return {
        "webIds": named(await webids.webids_of(tx, account), "webid"),
        "pods": named(await pods.pods_of(tx, account), "pod"),
        "clientCredentials": named(
            await credentials.credentials_of(tx, account), "client-credentials"
        ),
        "logins": {"password": named(await accounts.logins_of(tx, account), "login/password")},
    }


async def list_pods(visit: Visit) -> web.Response:
    """The pods of the account."""
    rows = await visit.desk.db.read(pods.pods_of, visit.account)
    named = {pod: visit.mine("pod", id_) for pod, id_ in rows.items()}
    return answer(visit, {"fields": described(POD), "pods": named})


async def create_pod(visit: Visit) -> web.Response:
    """A pod with profile and inbox; its own WebID is linked at once."""
    account, sent = visit.account, await visit.sent()
    pod = pods.plan_pod(visit.desk.base, sent.get("name"), sent.get("settings"))
    id_, link_id = accounts.new_id(), accounts.new_id()
    await visit.desk.db.write(pod.root, _create_pod, visit.desk, account, id_, link_id, pod)
    made = {"pod": pod.root, "podResource": visit.mine("pod", id_), "webId": pod.webid}
    if pod.own_webid:
        made["webIdResource"] = visit.mine("webid", link_id)
    return answer(visit, made)


async def _create_pod(
    tx: Tx, desk: Desk, account: str, id_: str, link_id: str, pod: pods.NewPod
) -> None:
    await accounts.require_login(tx, account)
    await pods.create_pod(tx, desk.base, account, id_, pod, desk.now())
    if pod.own_webid:
        await webids.link(tx, link_id, account, pod.webid, "own", desk.now())


async def show_pod(visit: Visit) -> web.Response:
    """Who owns it."""
    pod, owners = await visit.desk.db.read(pods.owners_of, visit.account, visit.resource)
    listed = [{"webId": webid, "visible": visible} for webid, visible in owners]
    return answer(visit, {"fields": described(OWNER), "baseUrl": pod, "owners": listed})


async def change_owner(visit: Visit) -> web.Response:
    """Add, show or remove an owner."""
    account, sent = visit.account, await visit.sent()
    visit.require_fresh()
    await visit.desk.db.write(None, _change_owner, visit, account, sent)
    return answer(visit, {})


async def _change_owner(tx: Tx, visit: Visit, account: str, sent: Mapping[str, Any]) -> None:
    pod, _ = await pods.owners_of(tx, account, visit.resource)
    await _note(tx, visit, "owner-changed", pod=pod)
    webid = pods.read_webid(sent.get("webId"))
    if flag_in(sent, "remove"):
        await pods.remove_owner(tx, pod, webid)
    else:
        await pods.set_owner(tx, pod, webid, visible=flag_in(sent, "visible"))


async def list_webids(visit: Visit) -> web.Response:
    """The WebIDs that the account may sign in with."""
    rows = await visit.desk.db.read(webids.webids_of, visit.account)
    named = {uri: visit.mine("webid", id_) for uri, id_ in rows.items()}
    return answer(visit, {"fields": described(WEBID), "webIdLinks": named})


async def link_webid(visit: Visit) -> web.Response:
    """OP-22: a WebID of one's own pod links at once; one from elsewhere needs a proof."""
    account, webid = visit.account, pods.read_webid((await visit.sent()).get("webId"))
    id_, desk = accounts.new_id(), visit.desk
    visit.require_fresh()
    if not await desk.db.read(_may_link, desk, account, webid):
        desk.passwords.tries.count(((f"proof {account}", PROOFS_PER_ACCOUNT),), desk.now())
        await require_proof(desk.db, desk.fetch, account, webid, desk.now())
    await desk.db.write(None, _link, visit, account, webid, id_)
    return answer(
        visit, {"resource": visit.mine("webid", id_), "webId": webid, "oidcIssuer": desk.base}
    )


async def _may_link(tx: Tx, desk: Desk, account: str, webid: str) -> bool:
    """Whether it is of a pod of the account's own, which needs no proof."""
    await accounts.require_login(tx, account)
    if webid in await webids.webids_of(tx, account):
        raise Unreadable("This WebID is already linked to your account.")
    own = {f"{pod}profile/card#me" for pod in await pods.pods_of(tx, account)}
    if webid in own:
        return True
    if webid.startswith(desk.base):
        # WI-2: whoever may write in a profile here does not become its person by that.
        raise Unreadable("A WebID of this server is linked to the account of its pod alone.")
    return False


async def _link(tx: Tx, visit: Visit, account: str, webid: str, id_: str) -> None:
    now = visit.desk.now()
    own = await _may_link(tx, visit.desk, account, webid)
    if not own:
        await use_proof(tx, account, webid, now)
    await webids.link(tx, id_, account, webid, "own" if own else "external", now)
    await _note(tx, visit, "webid-linked", webid=webid)


async def _note(tx: Tx, visit: Visit, kind: str, **more: str) -> None:
    now = visit.desk.now()
    if visit.session is not None and visit.session.account != visit.account:
        more["by"] = visit.session.account
    await events.note(tx, events.attempt(visit.account, kind, visit.address, now, **more))


async def show_webid(visit: Visit) -> web.Response:
    """One link."""
    rows = await visit.desk.db.read(webids.webids_of, visit.account)
    webid = next((uri for uri, id_ in rows.items() if id_ == visit.resource), None)
    if webid is None:
        raise Missing("There is no such link.")
    return answer(visit, {"webId": webid, "oidcIssuer": visit.desk.base})


async def unlink_webid(visit: Visit) -> web.Response:
    """Its tokens and credentials end with it."""
    await visit.desk.db.write(None, _unlink, visit)
    return answer(visit, {})


async def _unlink(tx: Tx, visit: Visit) -> None:
    await webids.unlink(tx, visit.account, visit.resource, visit.desk.now())
    await _note(tx, visit, "webid-unlinked")


async def list_credentials(visit: Visit) -> web.Response:
    """The credentials, without their secrets."""
    rows = await visit.desk.db.read(credentials.credentials_of, visit.account)
    named = {id_: visit.mine("client-credentials", r) for id_, r in rows.items()}
    return answer(visit, {"fields": described(CREDENTIAL), "clientCredentials": named})


async def create_credential(visit: Visit) -> web.Response:
    """The secret is shown this once; with keys of the client's own there is none (KLU-11)."""
    account, sent = visit.account, await visit.sent()
    visit.require_fresh()
    webid, label = text_in(sent, "webId"), sent.get("name") or ""
    if not isinstance(label, str):
        raise Unreadable("name is a text.")
    keys, expires = _keys_in(sent), _expires_in(sent, visit.desk.now())
    new = credentials.new_credential(label)
    given = (account, webid, label, keys, expires)
    await visit.desk.db.write(None, _add_credential, visit, new, *given)
    made = {"id": new.id, "resource": visit.mine("client-credentials", new.resource)}
    return answer(visit, made if keys is not None else made | {"secret": new.secret})


def _keys_in(sent: Mapping[str, Any]) -> str | None:
    if "jwks" not in sent and "jwksUri" not in sent:
        return None
    return read_keys(sent.get("jwks"), sent.get("jwksUri"))


def _expires_in(sent: Mapping[str, Any], now: Instant) -> Instant | None:
    """ACC-10: until when it works, if that was asked."""
    if "expires" not in sent:
        return None
    moment = read_instant(text_in(sent, "expires"))
    if moment <= now:
        raise Unreadable("expires is a time to come.")
    return moment


async def _add_credential(
    tx: Tx,
    visit: Visit,
    new: credentials.NewCredential,
    account: str,
    webid: str,
    label: str,
    keys: str | None,
    expires: Instant | None,
) -> None:
    await accounts.require_login(tx, account)
    now = visit.desk.now()
    await credentials.add_credential(tx, new, account, webid, label, now, keys, expires)
    await _note(tx, visit, "credential-made", credential=new.id)


async def show_credential(visit: Visit) -> web.Response:
    """One credential, without its secret."""
    found = await visit.desk.db.read(credentials.credential_of, visit.account, visit.resource)
    shown = {
        "id": found.id,
        "webId": found.webid,
        "lastUsed": None if found.used is None else text_of(found.used),
        "expires": None if found.expires is None else text_of(found.expires),
        "key": found.keys is not None,
    }
    return answer(visit, shown)


async def delete_credential(visit: Visit) -> web.Response:
    """Its tokens are refused from the next request on."""
    await visit.desk.db.write(None, _remove_credential, visit)
    return answer(visit, {})


async def _remove_credential(tx: Tx, visit: Visit) -> None:
    now = visit.desk.now()
    await credentials.remove_credential(tx, visit.account, visit.resource, now)
    await _note(tx, visit, "credential-ended")
