# SPDX-License-Identifier: EUPL-1.2
"""Every answer says what its address takes."""

from tests.ldp.test_reading_writing import DOC
from tests.people import AN, Asking


async def test_also_deletion_and_the_servers_own_documents_say_what_is_allowed(
    an: Asking,
) -> None:  # SP-12, SP-22
    await an("PUT", "d.ttl", AN, DOC, "text/turtle")

    for path in ("d.ttl.meta", ".well-known/solid"):
        options = await an("OPTIONS", path, AN)
        assert "storageDescription" in options.headers["Link"]
        assert "GET" in options.headers["Allow"]
    deleted = await an("DELETE", "d.ttl", AN)
    assert "PUT" in deleted.headers["Allow"]
    assert "storageDescription" in deleted.headers["Link"]
