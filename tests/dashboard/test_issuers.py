# SPDX-License-Identifier: EUPL-1.2
"""Who may speak for a WebID: only her account says so, freshly signed in, and it is told (WI-2)."""

import pytest
from aiohttp import ClientSession

from dashboard.forms import token_of
from identity.accounts.events import events_of
from pod import rdf
from pod.instant import MINUTE
from pod.iri import Iri
from pod.vocab import SOLID
from tests.dashboard.conftest import Browser, Shown, Town
from tests.dashboard.letters import letters
from tests.dashboard.test_settings import account_of

PAGE = "/-/settings/issuers"
OTHER = "https://login.elders.example/"


async def profile(town: Town, who: str = "an") -> tuple[str, set[str]]:
    """The document as anybody gets it: its ETag, and the issuers in it."""
    iri = Iri(f"{town.base}{who}/profile/card")
    accept = {"Accept": "text/turtle"}
    async with ClientSession() as web, web.get(iri, headers=accept) as answer:
        said = rdf.parse(await answer.read(), "text/turtle", iri)
        found = {
            str(triple.object.value)  # type: ignore[union-attr]  # an issuer is an address
            for triple in said.triples
            if triple.predicate.value == SOLID + "oidcIssuer"
        }
        return answer.headers["ETag"], found


async def change(
    an: Browser, town: Town, action: str, issuer: str, *, who: str = "an", form: str = ""
) -> Shown:
    form = form or ("remove-issuer" if action.endswith("remove") else "add-issuer")
    fields = {
        "form-token": token_of(an.cookies["kluis"], form),
        "webid": f"{town.base}{who}/profile/card#me",
        "issuer": issuer,
    }
    return await an.post(action, fields)


async def test_another_service_is_added_and_removed(an: Browser, town: Town) -> None:
    tag, before = await profile(town)
    added = await an.follow(await change(an, town, PAGE, OTHER))
    new_tag, between = await profile(town)
    await change(an, town, f"{PAGE}/remove", OTHER)
    _, after = await profile(town)

    assert "Uw profiel is veranderd." in added.text
    assert (before, between, after) == ({town.base}, {town.base, OTHER}, {town.base})
    assert tag != new_tag


async def test_nothing_else_in_the_profile_changes(an: Browser, town: Town) -> None:
    iri = Iri(f"{town.base}an/profile/card")

    async def rest() -> set[str]:
        accept = {"Accept": "text/turtle"}
        async with ClientSession() as web, web.get(iri, headers=accept) as answer:
            said = rdf.parse(await answer.read(), "text/turtle", iri)
        return {str(t) for t in said.triples if t.predicate.value != SOLID + "oidcIssuer"}

    before = await rest()
    await change(an, town, PAGE, OTHER)

    assert await rest() == before
    assert len(before) > 5


async def test_it_is_noted_and_mailed(an: Browser, town: Town) -> None:
    await change(an, town, PAGE, OTHER)
    kinds = [event.kind for event in await town.house.db.read(events_of, await account_of(town))]
    said = "".join(each.get_content() for each in await letters(town))

    assert "issuer-changed" in kinds
    assert "welke dienst u met uw WebID aanmeldt" in said


async def test_it_takes_a_sign_in_of_the_last_five_minutes(an: Browser, town: Town) -> None:
    town.now.advance(6 * MINUTE)
    page = await an.get(PAGE)
    late = await change(an, town, PAGE, OTHER)

    assert late.location == f"/-/sign-in?next={PAGE}"  # KLU-4
    assert f'action="{PAGE}' not in page.text
    assert (await profile(town))[1] == {town.base}


async def test_kluis_itself_is_not_removed(an: Browser, town: Town) -> None:
    answer = await change(an, town, f"{PAGE}/remove", town.base)

    assert answer.status == 404
    assert (await profile(town))[1] == {town.base}


async def test_somebody_else_s_profile_is_not_found(an: Browser, town: Town) -> None:
    answer = await change(an, town, PAGE, OTHER, who="youssef")

    assert answer.status == 404
    assert (await profile(town, "youssef"))[1] == {town.base}


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "http://login.elders.example/",
        "javascript:alert(1)",
        "https://",
        "https://x.example/> ; <#y> <#z> <#q",
        "https://user@x.example/",
        "https://x.example/#me",
        "https://x.example:99999/",
        "https://[bad/",
        "https://" + "x" * 600,
        "https://exämple.example/",
        "https://x.example/%zz",
        "https://x.example/[a]",
    ],
)
async def test_what_is_no_issuer_is_refused(an: Browser, town: Town, issuer: str) -> None:
    page = await change(an, town, PAGE, issuer)

    assert page.status == 422
    assert 'aria-describedby="issuer-wrong"' in page.text
    assert (await profile(town))[1] == {town.base}


async def test_a_list_has_an_end(an: Browser, town: Town) -> None:
    for number in range(9):
        await change(an, town, PAGE, f"https://i{number}.example/")
    full = await change(an, town, PAGE, OTHER)

    assert full.status == 422
    assert len((await profile(town))[1]) == 10


async def test_the_form_of_another_page_is_not_enough(an: Browser, town: Town) -> None:
    answer = await change(an, town, PAGE, OTHER, form="remove-issuer")

    assert answer.status == 403
    assert (await profile(town))[1] == {town.base}
