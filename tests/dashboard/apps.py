# SPDX-License-Identifier: EUPL-1.2
"""Apps that send browsers to the sign-in pages: one with a document, one that registered."""

from urllib.parse import urlencode

from identity.clients.registration import add_client, new_client, read_registration
from tests.dashboard.conftest import Browser, Town
from tests.dashboard.outside import DOCUMENT, RETURN

MARKUP = '<img src=x onerror="alert(1)">Belastingdienst'


async def asks(browser: Browser, client: str = DOCUMENT, returns: str = RETURN, **more: str) -> str:
    """The app sends the browser; the address of the page that this leads to."""
    wish = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": returns,
        "scope": "openid webid offline_access",
        "state": "s1",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "prompt": "consent",
        **more,
    }
    answer = await browser.get(f"/.oidc/auth?{urlencode(wish)}")
    assert answer.status == 303, answer.text
    assert "/-/app/" in answer.location, answer.location
    return "/" + answer.location.split("/", 3)[3]


async def registered(town: Town, name: str, returns: str) -> str:
    """A client that nobody vouches for; its id."""
    new = new_client()
    said = {"client_name": name, "redirect_uris": [returns], "application_type": "native"}
    metadata = read_registration(said, dev=True)
    await town.house.db.write(None, add_client, new, metadata, town.now())
    return new.id
