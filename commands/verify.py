# SPDX-License-Identifier: EUPL-1.2
"""`kluis verify-log` and `kluis verify-receipt`: proof that needs no server (KC-18, KC-23)."""

import argparse
import sys
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from commands.settings import WrongUsage
from consent.proof.verify import is_record_of, verify_log, verify_receipt

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Subparsers) -> None:
    """Add both to the command line."""
    log = commands.add_parser("verify-log", help="check an exported log, entry by entry")
    log.add_argument("file", type=Path, help="what GET /.consent/log/export gave")
    log.add_argument("--keys", type=Path, help="the server's keys (GET /.consent/keys)")
    log.add_argument("--heads", type=Path, help="heads kept earlier (GET /.consent/log/heads)")
    log.set_defaults(command=_log)
    receipt = commands.add_parser("verify-receipt", help="check a signed receipt")
    receipt.add_argument("file", type=Path, help="the compact JWS of the receipt")
    receipt.add_argument("--keys", type=Path, help="the server's keys (GET /.consent/keys)")
    receipt.add_argument("--record", type=Path, help="the record, as JSON-LD, to compare with")
    receipt.set_defaults(command=_receipt)


def _log(given: argparse.Namespace) -> int:
    heads = _heads(given.heads) if given.heads else []
    checked = verify_log(_text(given.file), _keys(given.keys) if given.keys else None, heads)
    print(checked, file=sys.stdout if checked.whole else sys.stderr)
    return 0 if checked.whole else 1


def _receipt(given: argparse.Namespace) -> int:
    if given.keys is None:
        hint = "fetch /.consent/keys of the server once and give it with --keys"
        print(f"Without keys nothing is proven about this receipt: {hint}.", file=sys.stderr)
        return 1
    receipt = verify_receipt(_text(given.file), _keys(given.keys))
    if given.record is not None and not is_record_of(receipt, _object(given.record)):
        print(
            f"The signature holds, but {given.record} is not the record that was signed.",
            file=sys.stderr,
        )
        return 1
    same = "" if given.record is None else f" {given.record} is that record, byte for byte."
    print(f"The signature holds.{same} What was signed:")
    print(orjson.dumps(receipt, option=orjson.OPT_INDENT_2).decode())
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"The file {path} cannot be read: {error}.") from error


def _keys(path: Path) -> dict[str, Any]:
    keys = _object(path)
    if not isinstance(keys.get("keys"), list):
        raise WrongUsage(f"The key file {path} is not a key set.")
    return keys


def _heads(path: Path) -> list[str]:
    items = _object(path).get("items")
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise WrongUsage(f"The file {path} is no list of signed heads.")
    return items


def _object(path: Path) -> dict[str, Any]:
    try:
        read = orjson.loads(_text(path))
    except orjson.JSONDecodeError as error:
        raise WrongUsage(f"The file {path} is not JSON: {error}.") from error
    if not isinstance(read, dict):
        raise WrongUsage(f"The file {path} is not a JSON object.")
    return read
