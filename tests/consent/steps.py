# SPDX-License-Identifier: EUPL-1.2
"""The steps of a story without HTTP: ask, look at the notice, say yes."""

import secrets
from typing import Any

from consent.asking import decisions, inbox
from consent.asking.choice import read_choice
from consent.asking.request import read_request
from consent.asking.requests import ask
from identity.who import Who
from pod.database import Tx
from pod.iri import Iri

from .conftest import AGENCY_WHO, AN_WHO, BASE, Village, a_request


async def asked(village: Village, who: Who = AGENCY_WHO, **changes: object) -> str:
    """A request that passed screening; its name."""
    name = village.house.name("requests", secrets.token_urlsafe(16))
    body = read_request(a_request(**changes), BASE)

    async def work(tx: Tx, id_: Iri) -> str:
        kept = await ask(tx, who, body, id_, BASE, village.house.rates, village.time[0])
        return kept.id

    return await village.db.write(None, work, name)


async def approved(
    village: Village, name: str, who: Who = AN_WHO, lang: str = "nl", **choice: object
) -> dict[str, Any]:
    """The grant of a yes to what the notice says."""
    notice = await inbox.show_notice(village.house, who, name, lang)
    body = {"noticeHash": notice["hash"], "lang": lang, **choice}
    answer = await decisions.approve(village.house, who, name, read_choice(body, BASE))
    return answer.body


async def granted(village: Village, **changes: Any) -> dict[str, Any]:
    """Asked and approved in one go."""
    return await approved(village, await asked(village, **changes))
