# SPDX-License-Identifier: EUPL-1.2
"""Behind a proxy: requests come from who called it, so that limits do not count all as one."""

from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from identity.callers import proxies_at


def behind(proxies: Sequence[str]) -> Sequence[Middleware]:
    """What the application is made with; nothing where no proxy is named (T-03)."""
    if not proxies:
        return ()
    known = proxies_at(proxies)

    @web.middleware
    async def from_caller(request: web.Request, handler: Handler) -> web.StreamResponse:
        forwarded = request.headers.getall("X-Forwarded-For", ())
        caller = known.caller(request.remote or "", forwarded)
        if caller == request.remote:
            return await handler(request)
        return await handler(request.clone(remote=caller))

    return (from_caller,)
