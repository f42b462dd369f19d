# SPDX-License-Identifier: EUPL-1.2
"""The words of the account API: controls, fields, errors (ACC-1, ACC-2, ACC-5)."""

from collections.abc import Mapping
from typing import Any

from pod.errors import PodError, Unreadable
from pod.iri import Iri

VERSION = "0.5"
Fields = Mapping[str, tuple[bool, str]]

LOGIN: Fields = {
    "email": (True, "string"),
    "password": (True, "string"),
    "remember": (False, "boolean"),
}
NEW_LOGIN: Fields = {"email": (True, "string"), "password": (True, "string")}
# KLU-5: the address first; then the code that was mailed there, and the password.
PROVED_LOGIN: Fields = {
    "email": (False, "string"),
    "recordId": (False, "string"),
    "password": (False, "string"),
}
CHANGE: Fields = {"oldPassword": (True, "string"), "newPassword": (True, "string")}
POD: Fields = {"name": (False, "string"), "settings": (False, "object")}
OWNER: Fields = {
    "webId": (True, "string"),
    "visible": (False, "boolean"),
    "remove": (False, "boolean"),
}
WEBID: Fields = {"webId": (True, "string")}
CREDENTIAL: Fields = {
    "name": (False, "string"),
    "webId": (True, "string"),
    "jwks": (False, "object"),
    "jwksUri": (False, "string"),
    "expires": (False, "string"),
}
FORGOT: Fields = {"email": (True, "string")}
RESET: Fields = {"recordId": (True, "string"), "password": (True, "string")}
STAFF: Fields = {"webId": (True, "string"), "role": (True, "string")}
STEP_UP = "step-up"

# What the reference server calls its errors.
_NAMES = {
    400: "BadRequestHttpError",
    401: "UnauthorizedHttpError",
    403: "ForbiddenHttpError",
    404: "NotFoundHttpError",
    405: "MethodNotAllowedHttpError",
    409: "ConflictHttpError",
    413: "PayloadHttpError",
    415: "UnsupportedMediaTypeHttpError",
    429: "TooManyRequestsHttpError",
    500: "InternalServerError",
}


def described(fields: Fields) -> dict[str, dict[str, object]]:
    """ACC-2: what an action takes."""
    return {name: {"required": need, "type": kind} for name, (need, kind) in fields.items()}


def error_json(error: PodError, status: int) -> dict[str, object]:
    """ACC-5: the reference server's shape."""
    return {
        "name": _NAMES.get(status, "HttpError"),
        "message": error.detail,
        "statusCode": status,
        "errorCode": "K-STEPUP" if error.problem == STEP_UP else f"H{status}",
        "details": error.more,
    }


def controls(
    base: Iri,
    account: str | None,
    *,
    recovers: bool = False,
    registers: bool = False,
    asked: bool = False,
) -> dict[str, dict[str, str]]:
    """Where what can be done; the account's own addresses only with a login."""
    root = f"{base}.account/"
    given = {
        "main": {"index": root, "logins": f"{root}login/"},
        "account": {"create": f"{root}account/"},
        "password": {"login": f"{root}login/password/"},
        "kluis": {
            "openapi": f"{root}openapi.json",
            "passkeyLogin": f"{root}login/passkey/",
        },
    }
    if recovers:
        given["password"] |= {
            "forgot": f"{root}login/password/forgot/",
            "reset": f"{root}login/password/reset/",
        }
    if asked:
        given["oidc"] = {
            "cancel": f"{root}oidc/cancel/",
            "prompt": f"{root}oidc/prompt/",
            "webId": f"{root}oidc/pick-webid/",
            "forgetWebId": f"{root}oidc/forget-webid/",
            "consent": f"{root}oidc/consent/",
        }
    if registers:
        # KLU-5: by mail, so that it tells nobody which addresses are known.
        given["kluis"] |= {
            "register": f"{root}register/",
            "confirmRegistration": f"{root}register/confirm/",
        }
    if account is not None:
        mine = f"{root}account/{account}/"
        given["account"] |= {
            "logout": f"{mine}logout/",
            "pod": f"{mine}pod/",
            "webId": f"{mine}webid/",
            "clientCredentials": f"{mine}client-credentials/",
        }
        given["password"]["create"] = f"{mine}login/password/"
        # KLU-1: what Kluis adds.
        added = ("sessions", "apps", "events", "organisations", "export", "delete")
        given["kluis"] |= {name: f"{mine}{name}/" for name in added}
        given["kluis"] |= {
            "passkeys": f"{mine}login/passkey/",
            "secondStep": f"{mine}login/second-step/",
        }
    return given


def text_in(sent: Mapping[str, Any], name: str) -> str:
    """A member that must be there and be a text."""
    value = sent.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{name} is required and is a text.")
    return value


def flag_in(sent: Mapping[str, Any], name: str) -> bool:
    """A member that may be left out, and else is true or false."""
    value = sent.get(name, False)
    if not isinstance(value, bool):
        raise Unreadable(f"{name} is true or false.")
    return value
