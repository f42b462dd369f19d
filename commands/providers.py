# SPDX-License-Identifier: EUPL-1.2
"""The `[[provider]]` tables of the settings file: who citizens may sign in with (KLU-3)."""

import re
from pathlib import Path
from typing import Any

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from identity.sign_in.assurance import WORDS, Level
from identity.upstream.providers import Provider

_NAME = re.compile(r"[a-z0-9-]{1,40}")
_KNOWN = frozenset(
    ("name", "title", "issuer", "client_id", "secret", "key", "scopes", "acr", "registers")
)


class WrongProvider(Exception):
    """A provider that cannot be meant. Never quotes what was given: a secret is in it."""


def read_providers(value: object) -> tuple[Provider, ...]:
    """All of them, each under a name of its own."""
    if not isinstance(value, list):
        raise WrongProvider("Providers stand in the settings file, each under [[provider]].")
    found = tuple(_provider(each) for each in value)
    if len({each.name for each in found}) < len(found):
        raise WrongProvider("Two providers have the same name.")
    return found


def _provider(given: object) -> Provider:
    if not isinstance(given, dict) or not _NAME.fullmatch(str(given.get("name", ""))):
        raise WrongProvider("A provider has a name of lower-case letters, digits and hyphens.")
    name = str(given["name"])
    if unknown := sorted(given.keys() - _KNOWN):
        raise WrongProvider(f"The provider {name} has {unknown[0]!r}, which is no setting.")
    secret, key = given.get("secret"), given.get("key")
    if (secret is None) == (key is None):
        raise WrongProvider(f"The provider {name} needs a secret or a key, one of the two.")
    issuer = _text(given, "issuer")
    if not re.fullmatch(r"https?://\S+", issuer):
        raise WrongProvider(f"The issuer of the provider {name} is an https address.")
    registers = given.get("registers", False)
    if not isinstance(registers, bool):
        raise WrongProvider(f"registers of the provider {name} is true or false.")
    return Provider(
        name,
        _titles(given),
        issuer,
        _text(given, "client_id"),
        _scopes(given),
        _means(given),
        registers,
        "" if secret is None else _text(given, "secret"),
        None if key is None else _key(name, Path(_text(given, "key"))),
    )


def _text(given: dict[str, Any], word: str) -> str:
    value = given.get(word)
    if not isinstance(value, str) or not value:
        raise WrongProvider(f"{word} of the provider {given['name']} is a text.")
    return value


def _titles(given: dict[str, Any]) -> dict[str, str]:
    titles = given.get("title")
    if not isinstance(titles, dict) or not all(isinstance(each, str) for each in titles.values()):
        raise WrongProvider(f"title of the provider {given['name']} has a text for each language.")
    if not titles.get("nl"):
        raise WrongProvider(f"The provider {given['name']} needs a title.nl.")
    return dict(titles)


def _scopes(given: dict[str, Any]) -> tuple[str, ...]:
    scopes = given.get("scopes", ["openid"])
    if not isinstance(scopes, list) or not all(isinstance(each, str) for each in scopes):
        raise WrongProvider(f"scopes of the provider {given['name']} is a list of texts.")
    if "openid" not in scopes:
        raise WrongProvider(f"scopes of the provider {given['name']} lacks openid.")
    return tuple(scopes)


def _means(given: dict[str, Any]) -> dict[str, Level]:
    means = given.get("acr", {})
    if not isinstance(means, dict) or not all(str(each) in WORDS for each in means.values()):
        words = ", ".join(WORDS)
        raise WrongProvider(f"acr of the provider {given['name']} maps words to {words}.")
    return {acr: WORDS[word] for acr, word in means.items()}


def _key(name: str, path: Path) -> ECKey:
    try:
        if path.stat().st_mode & 0o077:
            raise WrongProvider(f"The key file {path} is open to others; run: chmod 600 {path}")
        jwk = orjson.loads(path.read_bytes())
        key = ECKey.import_key({n: jwk[n] for n in ("kty", "crv", "x", "y", "d")})
    except (OSError, JoseError, ValueError, TypeError, KeyError) as error:
        raise WrongProvider(
            f"The key of the provider {name}, {path}, is no private EC key as a JWK."
        ) from error
    if key.curve_name != "P-256":
        raise WrongProvider(f"The key of the provider {name} is P-256.")
    return key
