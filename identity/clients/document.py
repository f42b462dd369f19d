# SPDX-License-Identifier: EUPL-1.2
"""Client ID Documents: fetched under guard, read as plain JSON, kept a while (OP-7)."""

from urllib.parse import urlsplit

import orjson

from identity.clients.metadata import (
    BadMetadata,
    ClientMetadata,
    addresses,
    known_scopes,
    plain_name,
)
from identity.clients.redirects import may_register
from identity.outward.fetched import Fetch, Fetched, Keep
from identity.outward.outward import NotFetched
from pod.errors import PodError
from pod.instant import DAY, MINUTE, SECOND

CONTEXT = "https://www.w3.org/ns/solid/oidc-context.jsonld"
LIMIT = 64 * 1024
ACCEPT = "application/ld+json, application/json;q=0.9"
KEEP = Keep(least=MINUTE, most=DAY)
# A redirect address that fits nothing asks for the document anew, but not at each request.
REFETCH_AFTER = 5 * SECOND


class BadDocument(PodError):
    """The address and what is wrong with what lies there, for whoever makes the app."""

    problem = "unknown-client"


async def document_of(fetch: Fetch, id_: str, *, anew: bool = False) -> ClientMetadata:
    """What the document says: as kept while that is fresh, else fetched. BadDocument if neither."""
    keep = KEEP._replace(oldest=REFETCH_AFTER) if anew else KEEP
    try:
        # No redirects: the address is the name.
        fetched = await fetch(id_, accept=ACCEPT, limit=LIMIT, redirects=0, keep=keep)
    except NotFetched as error:
        raise BadDocument(f"The client document was not read: {error.detail}") from error
    return read_document(id_, fetched)


def read_document(id_: str, fetched: Fetched) -> ClientMetadata:
    """Plain JSON: the official context would lose members, and needs no network this way."""
    kind = fetched.media_type
    if kind != "application/json" and not (kind.startswith("application/") and "+json" in kind):
        raise _bad(id_, "is no JSON")
    if len(fetched.body) > LIMIT:
        raise _bad(id_, "is larger than 64 KiB")
    try:
        said = orjson.loads(fetched.body)
    except orjson.JSONDecodeError as error:
        raise _bad(id_, "is no JSON") from error
    if not isinstance(said, dict):
        raise _bad(id_, "is no JSON object")
    context = said.get("@context")
    if CONTEXT not in (context if isinstance(context, list) else [context]):
        raise _bad(id_, f"does not have the @context {CONTEXT}")
    if said.get("client_id") != id_:
        raise _bad(id_, "has another client_id than its own address")
    return _metadata(id_, said)


def _metadata(id_: str, said: dict[str, object]) -> ClientMetadata:
    native = said.get("application_type") == "native"
    try:
        uris = addresses(said, "redirect_uris", "invalid_redirect_uri")
        scopes = known_scopes(said.get("scope"))
        after = addresses(said, "post_logout_redirect_uris", "invalid_client_metadata")
    except BadMetadata as error:
        raise _bad(id_, f"does not fit: {error.detail}") from error
    # One line of it for development does not spoil the others: it is just not usable.
    usable = tuple(uri for uri in uris if may_register(uri, native=native, dev=True))
    if not usable:
        raise _bad(id_, "lists no redirect_uris that can be used")
    return ClientMetadata(
        name=plain_name(said.get("client_name")) or urlsplit(id_).netloc,
        redirect_uris=usable,
        post_logout_redirect_uris=tuple(
            uri for uri in after if may_register(uri, native=native, dev=True)
        ),
        native=native,
        method="none",
        scopes=scopes,
    )


def _bad(id_: str, what: str) -> BadDocument:
    return BadDocument(f"The client document at {id_:.200} {what}.")
