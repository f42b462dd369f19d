# SPDX-License-Identifier: EUPL-1.2
"""Which operation answers a request: by the kind of name first, then by the method."""

from collections.abc import Awaitable, Callable, Mapping

from ldp.ask import Answer, Ask, House
from ldp.description import describe, is_description
from ldp.navigation import is_always_led, lead
from ldp.patching import patch
from ldp.reading import answer_options, read
from ldp.storage import describe_storage, is_storage_description
from ldp.writing import create, delete, replace

Operation = Callable[[House, Ask], Awaitable[Answer]]

METHODS: Mapping[str, Operation] = {
    "GET": read,
    "HEAD": read,
    "OPTIONS": answer_options,
    "PUT": replace,
    "POST": create,
    "PATCH": patch,
    "DELETE": delete,
}


async def perform(house: House, ask: Ask) -> Answer:
    """Answer one request, whose method is one of METHODS."""
    if is_storage_description(ask.target):
        return await describe_storage(house, ask)
    if is_always_led(ask):
        return lead(house, ask)
    if is_description(ask.target):
        return await describe(house, ask)
    return await METHODS[ask.method](house, ask)
