# SPDX-License-Identifier: EUPL-1.2
"""What an account has, over HTTP: pods, WebIDs, client credentials."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from identity import accounts, credentials, pods, webids
from identity.controls import CREDENTIAL, OWNER, POD, WEBID, described, flag_in, text_in
from identity.desk_routes import Desk, Visit, answer
from pod.database import Tx
from pod.errors import Missing, Unreadable
from pod.iri import Iri
from pod.vocab import SOLID


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
    await visit.desk.db.write(None, _change_owner, account, visit.resource, sent)
    return answer(visit, {})


async def _change_owner(tx: Tx, account: str, id_: str, sent: Mapping[str, Any]) -> None:
    pod, _ = await pods.owners_of(tx, account, id_)
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
    await desk.db.write(None, _link_own, desk, account, webid, id_)
    return answer(
        visit, {"resource": visit.mine("webid", id_), "webId": webid, "oidcIssuer": desk.base}
    )


async def _link_own(tx: Tx, desk: Desk, account: str, webid: str, id_: str) -> None:
    await accounts.require_login(tx, account)
    if webid in await webids.webids_of(tx, account):
        raise Unreadable("This WebID is already linked to your account.")
    own = {f"{pod}profile/card#me" for pod in await pods.pods_of(tx, account)}
    if webid not in own:
        raise Unreadable(
            "Only the WebIDs of your own pods can be linked yet. One from elsewhere will have to"
            " name this issuer in its profile.",
            more={"quad": f"<{webid}> <{SOLID}oidcIssuer> <{desk.base}>."},
        )
    await webids.link(tx, id_, account, webid, "own", desk.now())


async def show_webid(visit: Visit) -> web.Response:
    """One link."""
    rows = await visit.desk.db.read(webids.webids_of, visit.account)
    webid = next((uri for uri, id_ in rows.items() if id_ == visit.resource), None)
    if webid is None:
        raise Missing("There is no such link.")
    return answer(visit, {"webId": webid, "oidcIssuer": visit.desk.base})


async def unlink_webid(visit: Visit) -> web.Response:
    """Its tokens and credentials end with it."""
    now = visit.desk.now()
    await visit.desk.db.write(None, webids.unlink, visit.account, visit.resource, now)
    return answer(visit, {})


async def list_credentials(visit: Visit) -> web.Response:
    """The credentials, without their secrets."""
    rows = await visit.desk.db.read(credentials.credentials_of, visit.account)
    named = {id_: visit.mine("client-credentials", r) for id_, r in rows.items()}
    return answer(visit, {"fields": described(CREDENTIAL), "clientCredentials": named})


async def create_credential(visit: Visit) -> web.Response:
    """The secret is shown this once."""
    account, sent = visit.account, await visit.sent()
    webid, label = text_in(sent, "webId"), sent.get("name") or ""
    if not isinstance(label, str):
        raise Unreadable("name is a text.")
    new = credentials.new_credential(label)
    await visit.desk.db.write(None, _add_credential, visit.desk, new, account, webid, label)
    where = visit.mine("client-credentials", new.resource)
    return answer(visit, {"id": new.id, "secret": new.secret, "resource": where})


async def _add_credential(
    tx: Tx, desk: Desk, new: credentials.NewCredential, account: str, webid: str, label: str
) -> None:
    await accounts.require_login(tx, account)
    await credentials.add_credential(tx, new, account, webid, label, desk.now())


async def show_credential(visit: Visit) -> web.Response:
    """One credential, without its secret."""
    found = await visit.desk.db.read(credentials.credential_of, visit.account, visit.resource)
    return answer(visit, {"id": found.id, "webId": found.webid})


async def delete_credential(visit: Visit) -> web.Response:
    """Its tokens are refused from the next request on."""
    now = visit.desk.now()
    await visit.desk.db.write(
        None, credentials.remove_credential, visit.account, visit.resource, now
    )
    return answer(visit, {})
