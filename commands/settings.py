# SPDX-License-Identifier: EUPL-1.2
"""What an operator can set: flags, KLUIS_… variables, then a TOML file, then the defaults."""

import argparse
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from acl.remote import is_host
from commands.providers import WrongProvider, read_providers
from identity.callers import is_network
from identity.upstream.providers import Provider
from pod.iri import Iri

MEBIBYTE = 1024 * 1024
OPEN, CLOSED = "open", "closed"


class WrongUsage(Exception):
    """A setting that cannot be meant, in one sentence with the way out; exit code 2."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that `kluis serve` can be told (decisions, Command line)."""

    host: str = "localhost"
    port: int = 3000
    base_url: str = ""
    data: Path = Path("kluis-data")
    seed: Path | None = None
    dev: bool = False
    max_body: int = 512 * MEBIBYTE
    quota: int = 0
    workers: int = 1
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    mail_from: str = ""
    provider: tuple[Provider, ...] = ()
    strict_listing: bool = False
    open_control: bool = False
    remote_groups: tuple[str, ...] = ()
    registration: str = ""
    key_file: Path | None = None
    trusted_proxy: tuple[str, ...] = ()

    @property
    def registers(self) -> bool:
        """Whether people make accounts by themselves: where that was opened, and with --dev."""
        return self.registration == OPEN or (self.dev and self.registration != CLOSED)

    @property
    def base(self) -> Iri:
        """The address of this server as clients see it; always ends with a slash (decision 7)."""
        return Iri(self.base_url or f"http://{self.host}:{self.port}/")


_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off", "")


def _yes(value: Any) -> bool:
    word = str(value).lower()
    if word not in _YES + _NO:
        # A switch that was meant to be on must not be off because of its spelling.
        raise ValueError(word)
    return word in _YES


def _hosts(value: Any) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else list(value)
    return tuple(dict.fromkeys(str(name).strip() for name in names if name))


_READ: Mapping[str, Callable[[Any], Any]] = {
    "host": str,
    "port": int,
    "base_url": str,
    "data": Path,
    "seed": Path,
    "dev": _yes,
    "max_body": int,
    "quota": int,
    "workers": int,
    "smtp_host": str,
    "smtp_port": int,
    "smtp_user": str,
    "smtp_password": str,
    "mail_from": str,
    "provider": read_providers,
    "strict_listing": _yes,
    "open_control": _yes,
    "remote_groups": _hosts,
    "registration": str,
    "key_file": Path,
    "trusted_proxy": _hosts,
}
_BASE = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?/", re.ASCII)
MOST_WORKERS = 64
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `kluis serve`; a flag that is not given stays out of the namespace."""
    given: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--host", help="address to listen on (localhost)", **given)
    parser.add_argument("--port", type=int, help="port to listen on (3000)", **given)
    parser.add_argument("--base-url", help="the server's address as clients see it", **given)
    parser.add_argument("--data", type=Path, help="folder for everything kept", **given)
    parser.add_argument("--seed", type=Path, help="JSON file with accounts to make", **given)
    parser.add_argument(
        "--dev", action="store_true", help="plain http, open registration, a movable clock", **given
    )
    parser.add_argument("--max-body", type=int, help="largest body in bytes (512 MiB)", **given)
    parser.add_argument("--quota", type=int, help="most bytes in one pod (0: no limit)", **given)
    parser.add_argument("--workers", type=int, help="processes that answer (1)", **given)
    parser.add_argument(
        "--strict-listing",
        action="store_true",
        help="folders tell size, date and kind only of what their reader may read",
        **given,
    )
    parser.add_argument(
        "--open-control",
        action="store_true",
        help="access rules may let everyone change them (refused; allowed with --dev)",
        **given,
    )
    parser.add_argument(
        "--remote-groups",
        metavar="HOST[,HOST…]",
        help="hosts whose group documents access rules may name (none)",
        **given,
    )
    parser.add_argument(
        "--registration",
        metavar="open|closed",
        help="whether people make accounts by mail themselves (closed; open with --dev)",
        **given,
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        help="file with the key that encrypts the signing keys (none: they lie plain, mode 0600)",
        **given,
    )
    parser.add_argument(
        "--trusted-proxy",
        metavar="ADDRESS[,ADDRESS…]",
        help="addresses or networks of proxies whose X-Forwarded-For counts (none)",
        **given,
    )
    parser.add_argument("--config", type=Path, help="TOML file with the same names", **given)


def read_settings(given: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """The settings; WrongUsage names the one that is wrong."""
    config = given.get("config") or environ.get("KLUIS_CONFIG")
    merged = dict(_from_file(Path(config)) if config else {})
    names = [field.name for field in fields(Settings)]
    merged |= {n: environ[f"KLUIS_{n.upper()}"] for n in names if f"KLUIS_{n.upper()}" in environ}
    merged |= {name: given[name] for name in names if name in given}
    settings = Settings(**{name: _value(name, value) for name, value in merged.items()})
    return _checked(settings)


def _from_file(path: Path) -> Mapping[str, Any]:
    try:
        read = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise WrongUsage(f"The settings file {path} cannot be read: {error}.") from error
    named = {name.replace("-", "_"): value for name, value in read.items()}
    unknown = sorted(named.keys() - _READ.keys())
    if unknown:
        raise WrongUsage(f"The settings file {path} names {unknown[0]!r}, which is no setting.")
    return named


def _value(name: str, value: Any) -> Any:
    try:
        return _READ[name](value)
    except WrongProvider as error:
        raise WrongUsage(str(error)) from error
    except (TypeError, ValueError) as error:
        raise WrongUsage(f"--{name.replace('_', '-')} cannot be {value!r}.") from error


def _checked(settings: Settings) -> Settings:
    if not 0 < settings.port < 65536:
        raise WrongUsage(f"--port is a number from 1 to 65535, not {settings.port}.")
    if settings.max_body < 1:
        raise WrongUsage("--max-body is a number of bytes, at least 1.")
    if settings.quota < 0:
        raise WrongUsage("--quota is a number of bytes, or 0 for no limit.")
    if not 0 < settings.workers <= MOST_WORKERS:
        raise WrongUsage(f"--workers is a number from 1 to {MOST_WORKERS}, not {settings.workers}.")
    if not _BASE.fullmatch(settings.base):
        raise WrongUsage(
            f"--base-url is an origin and a slash, such as https://kluis.example/,"
            f" not {settings.base!r}."
        )
    for host in settings.remote_groups:
        if not is_host(host, dev=settings.dev):
            raise WrongUsage(
                f"--remote-groups names hosts, such as groups.example.org, not {host!r}."
            )
    for proxy in settings.trusted_proxy:
        if not is_network(proxy):
            raise WrongUsage(
                f"--trusted-proxy names addresses, such as 10.0.0.7 or 10.0.0.0/24, not {proxy!r}."
            )
    if settings.registration not in ("", OPEN, CLOSED):
        raise WrongUsage(f"--registration is open or closed, not {settings.registration!r}.")
    if settings.registration == OPEN and not (settings.smtp_host or settings.dev):
        raise WrongUsage("Give smtp_host too: who registers gets a mail to prove her address.")
    if settings.smtp_host and "@" not in settings.mail_from:
        raise WrongUsage("Give mail_from too, the address that mail comes from.")
    loopback = settings.base.split("/")[2].split(":")[0] in _LOOPBACK
    if settings.base.startswith("http://") and not settings.dev and not loopback:
        raise WrongUsage("Plain http is for development: give --dev, or an https --base-url.")
    if settings.seed is not None and not settings.seed.is_file():
        raise WrongUsage(f"The seed file {settings.seed} is not there.")
    return settings
