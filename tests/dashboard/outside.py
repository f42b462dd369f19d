# SPDX-License-Identifier: EUPL-1.2
"""The world outside, as far as these tests need it: the document of one app."""

from dataclasses import dataclass

import orjson

from identity.clients.document import CONTEXT
from identity.outward.fetched import KEEP, LIMIT, Fetched, Keep
from identity.outward.outward import NotFetched

DOCUMENT = "https://app.example/id.jsonld"
RETURN = "https://app.example/cb"


@dataclass(slots=True)
class Outside:
    """The world outside: one document of an app, and nothing else."""

    name: str = "Mijn agenda"
    gone: bool = False

    async def __call__(
        self,
        url: str,
        *,
        accept: str,
        limit: int = LIMIT,
        redirects: int = 0,
        keep: Keep = KEEP,
    ) -> Fetched:
        if url != DOCUMENT or self.gone:
            raise NotFetched(url, "there is nothing")
        said = {
            "@context": CONTEXT,
            "client_id": DOCUMENT,
            "client_name": self.name,
            "redirect_uris": [RETURN],
            "scope": "openid offline_access webid",
        }
        return Fetched(url, 200, "application/ld+json", "utf-8", orjson.dumps(said), {}, 0)
