# SPDX-License-Identifier: EUPL-1.2
"""The headers that tell a client what a resource is and what may be done with it, pure."""

from functools import lru_cache

from acl.decide import Decision
from acl.modes import ALL, EACH, Mode
from acl.permit import View
from acl.rules import CONDITIONS
from identity.who import Who
from pod.instant import SECOND, Instant, http_date
from pod.iri import (
    META,
    Iri,
    acl_of,
    governed_by,
    is_auxiliary,
    is_container,
    parent,
    storage_of,
)
from pod.resource import Resource
from pod.vocab import ACL, LDP, PIM, SOLID

PATCH_TYPES = "text/n3, application/sparql-update"
# A13: what a browser gets that opens an address as a page is not what programs get.
VARY = "Accept, Authorization, Origin, Sec-Fetch-Mode"
STORED_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:;"
    " frame-ancestors 'none'"
)
SHOWN_POLICY = STORED_POLICY.removeprefix("sandbox; ")
_SHOWN = ("image/", "audio/", "video/", "application/pdf")
_VARIANTS = {
    "text/turtle": "t",
    "application/ld+json": "j",
    "application/n-triples": "n",
    "application/n-quads": "q",
    "application/trig": "g",
}
_BASIC = ("Resource", "Container", "BasicContainer")


def etag(version: int, media_type: str, view: View | None = None, *, minimal: bool = False) -> str:
    """Decision 34: version and variant, and the grant when the answer is cut down to it."""
    variant = _VARIANTS.get(media_type, "b") + ("m" if minimal else "")
    return f'"{version}.{variant}"' if view is None else f'"{version}.{variant}.{view.tag}"'


@lru_cache(maxsize=256)
def wac_allow(mine: Mode, public: Mode) -> str:
    """WAC #wac-allow: both groups always, user includes public (WAC-33)."""
    return f'user="{_words(mine | public)}",public="{_words(public)}"'


def _words(modes: Mode) -> str:
    return " ".join(word for word, mode in EACH if mode in modes)


@lru_cache(maxsize=8192)
def links(iri: Iri, base: Iri) -> str:
    """One Link header: types, auxiliaries, storage description (SP-21, 22, 30, 38)."""
    parts = [f'<{storage_of(iri)}.well-known/solid>; rel="{SOLID}storageDescription"']
    names = _BASIC if is_container(iri) else ("Resource",)
    parts += [f'<{LDP}{name}>; rel="type"' for name in names]
    if is_container(iri) and parent(iri) is None:
        parts.append(f'<{PIM}Storage>; rel="type"')
    if not is_auxiliary(iri):
        parts.append(f'<{acl_of(iri)}>; rel="acl"')
        parts.append(f'<{iri}{META}>; rel="describedby"')
    if governed_by(iri) is not None:
        # WAC #conditions: which kinds count is said on the ACL itself (WAC-7).
        parts += [f'<{kind}>; rel="{ACL}condition"' for kind in CONDITIONS]
    return ", ".join(parts)


def storage_description_link(iri: Iri) -> str:
    """The one link that says nothing about the resource, for refusals (SP-22)."""
    return f'<{storage_of(iri)}.well-known/solid>; rel="{SOLID}storageDescription"'


@lru_cache(maxsize=64)
def allowed(container: bool, root: bool, rdf: bool, acl: bool, exists: bool) -> tuple[str, ...]:
    """Which methods the kind of resource takes (the status table of the digest)."""
    methods = ["GET", "HEAD", "OPTIONS"]
    if container and exists:
        methods.append("POST")
    if not (container and exists):
        methods.append("PUT")
    if rdf or (container and exists) or not (exists or container):
        methods.append("PATCH")
    if exists and not root:
        methods.append("DELETE")
    return tuple(methods)


def method_headers(iri: Iri, *, exists: bool, rdf: bool) -> dict[str, str]:
    """Allow, and the Accept-* of exactly the methods in it (SP-12, SP-48)."""
    acl = governed_by(iri)
    # SP-70: the root and its ACL cannot be deleted.
    root = (acl or iri) == storage_of(iri)
    methods = allowed(is_container(iri), root, rdf, acl is not None, exists)
    headers = _method_headers(methods)
    if "Accept-Post" in headers and iri == storage_of(iri) + "inbox/":
        # SP-80: what an inbox takes is advertised.
        headers["Accept-Post"] = ", ".join(_VARIANTS)
    return headers


@lru_cache(maxsize=64)
def _frozen_method_headers(methods: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    headers = [("Allow", ", ".join(methods))]
    if "PATCH" in methods:
        headers.append(("Accept-Patch", PATCH_TYPES))
    if "POST" in methods:
        headers.append(("Accept-Post", "*/*"))
    if "PUT" in methods:
        headers.append(("Accept-Put", "*/*"))
    return tuple(headers)


def _method_headers(methods: tuple[str, ...]) -> dict[str, str]:
    return dict(_frozen_method_headers(methods))


def content_policy(media_type: str) -> str:
    """Decision 42: what runs nothing here may be shown; everything else is sandboxed (T-10)."""
    shown = media_type.startswith(_SHOWN) and not media_type.startswith("image/svg")
    return SHOWN_POLICY if shown else STORED_POLICY


def read_headers(
    resource: Resource,
    decision: Decision,
    who: Who,
    media_type: str,
    base: Iri,
    view: View | None,
    *,
    minimal: bool = False,
) -> dict[str, str]:
    """Everything a 200 or 304 says besides its body; *minimal*: a container without members."""
    public = Mode.READ in decision.public and view is None
    essence = media_type.split(";", 1)[0].strip().lower()
    return {
        "ETag": etag(resource.version, essence, view, minimal=minimal),
        "Last-Modified": http_date(resource.modified // SECOND),
        "Vary": _vary(resource.is_container, view),
        "Cache-Control": cache_control(public, view),
        **method_headers(resource.iri, exists=True, rdf=_is_rdf(resource)),
        "Accept-Ranges": "none",
        "WAC-Allow": wac_allow(_shown_modes(resource.iri, decision), decision.public),
        "Link": links(resource.iri, base),
        "Content-Security-Policy": content_policy(media_type),
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def _vary(container: bool, view: View | None) -> str:
    # SP-36: only containers look at Prefer.
    prefer = VARY + ", Prefer" if container else VARY
    return prefer if view is None else prefer + ", Kluis-Grant, Kluis-Purpose"


def _shown_modes(iri: Iri, decision: Decision) -> Mode:
    # wac.md §5: on ACL resources with Control all four modes.
    if governed_by(iri) is not None and Mode.CONTROL in decision.modes:
        return ALL
    return decision.modes


def _is_rdf(resource: Resource) -> bool:
    return resource.essence in _VARIANTS


def cache_control(public: bool, view: View | None) -> str:
    """Private things are asked for again each time, what a grant gave is kept by nobody."""
    if view is not None:
        return "no-store"
    return "public, max-age=0, must-revalidate" if public else "private, no-cache"


def written_headers(iri: Iri, version: int, media_type: str, now: Instant) -> dict[str, str]:
    """What a 201 or 204 says about the new state (spec §5)."""
    rdf = media_type in _VARIANTS
    return {
        "ETag": etag(version, media_type),
        "Last-Modified": http_date(now // SECOND),
        **method_headers(iri, exists=True, rdf=rdf),
    }
