# SPDX-License-Identifier: EUPL-1.2
"""`kluis verify-log` and `kluis verify-receipt`: proof that needs no server (KC-18, KC-23)."""

import argparse
import sys
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from commands.settings import WrongUsage
from consent.verify import verify_log, verify_receipt

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Subparsers) -> None:
    """Add both to the command line."""
    log = commands.add_parser("verify-log", help="check an exported log, entry by entry")
    log.add_argument("file", type=Path, help="what GET /.consent/log/export gave")
    log.add_argument("--keys", type=Path, help="the server's keys (GET /.consent/keys)")
    log.set_defaults(command=_log)
    receipt = commands.add_parser("verify-receipt", help="check a signed receipt")
    receipt.add_argument("file", type=Path, help="the compact JWS of the receipt")
    receipt.add_argument("--keys", type=Path, required=True, help="the server's keys")
    receipt.set_defaults(command=_receipt)


def _log(given: argparse.Namespace) -> int:
    checked = verify_log(_text(given.file), _keys(given.keys) if given.keys else None)
    print(checked, file=sys.stdout if checked.whole else sys.stderr)
    return 0 if checked.whole else 1


def _receipt(given: argparse.Namespace) -> int:
    receipt = verify_receipt(_text(given.file), _keys(given.keys))
    print("The signature holds. What was signed:")
    print(orjson.dumps(receipt, option=orjson.OPT_INDENT_2).decode())
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"The file {path} cannot be read: {error}.") from error


def _keys(path: Path) -> dict[str, Any]:
    try:
        keys = orjson.loads(_text(path))
    except orjson.JSONDecodeError as error:
        raise WrongUsage(f"The key file {path} is not JSON: {error}.") from error
    if not isinstance(keys, dict):
        raise WrongUsage(f"The key file {path} is not a key set.")
    return keys
