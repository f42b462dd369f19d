# SPDX-License-Identifier: EUPL-1.2
"""What the addresses for clients share: forms with a limit, errors in OAuth's own form (OP-36)."""

from aiohttp import web

from identity.door import json_answer
from identity.provider.token_request import LARGEST_FORM, TokenRefusal


async def read_body(request: web.Request) -> bytes:
    """The form as it came; TokenRefusal past the limit."""
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LARGEST_FORM:
            raise TokenRefusal("invalid_request", f"The form has {LARGEST_FORM} bytes at most.")
    return bytes(body)


def refused(refusal: TokenRefusal, basic: bool) -> web.Response:
    """OP-36: an error in OAuth's own form; `basic` when the client signed in by that header."""
    data = {"error": refusal.code, "error_description": refusal.detail}
    headers = {"Pragma": "no-cache"}
    if refusal.status == 401 and basic:
        headers["WWW-Authenticate"] = 'Basic realm="kluis", charset="UTF-8"'
    if refusal.status == 405:
        headers["Allow"] = "POST, OPTIONS"
    if refusal.status == 503:
        headers["Retry-After"] = "1"
    return json_answer(data, refusal.status, headers)
