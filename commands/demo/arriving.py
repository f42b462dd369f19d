# SPDX-License-Identifier: EUPL-1.2
"""The first chapters: who comes in, and what they bring."""

from commands.answer import items_at, text_at, want, want_same, want_status
from commands.client import log_in, open_account
from commands.demo.cast import AGENCY_NAME, SCOPE, Agency, Citizen, Person, Stage
from commands.demo.papers import ANS_PAPERS, SLIPS, YOUSSEFS_SLIP, Paper

N_TRIPLES = "application/n-triples"
ISSUER = "<http://www.w3.org/ns/solid/terms#oidcIssuer>"
STORAGE = "<http://www.w3.org/ns/pim/space#storage>"
CONTAINS = "<http://www.w3.org/ns/ldp#contains>"


async def the_house_is_open(stage: Stage) -> None:
    web, story = stage.web, stage.story
    with story.step("The server names itself as issuer, byte for byte its base address"):
        found = want_status(await web.get(".well-known/openid-configuration"), 200)
        want_same("the issuer", text_at(found.json, "issuer"), web.base)
    with story.step(f"Anyone may look up {AGENCY_NAME} and its purpose"):
        agency = want_status(await web.get(stage.agency_id), 200).json
        want_same("the agency's Dutch name", text_at(agency, "name", "nl"), AGENCY_NAME)
        purposes = items_at(want_status(await web.get(".consent/purposes"), 200).json, "items")
        ids = [text_at(purpose, "id") for purpose in purposes]
        want(stage.purpose_id in ids, f"the purpose {stage.purpose_id}", f"the list is {ids}")
        purpose = want_status(await web.get(stage.purpose_id), 200).json
        story.note(f"“{text_at(purpose, 'label', 'nl')}”")


async def citizen_arrives(stage: Stage, person: Person) -> Citizen:
    web, story = stage.web, stage.story
    with story.step(f"{person.name} gets an account, a pod, a WebID and client credentials"):
        made = await open_account(web, person.email, person.password, person.pod_name)
    with story.step(f"{person.name} signs in with those: a token bound to a fresh key (DPoP)"):
        login = await log_in(web, made.credentials, SCOPE)
    with story.step(f"{person.name}'s profile reads without login; it names issuer and storage"):
        profile = want_status(await web.get(made.web_id, accept=N_TRIPLES), 200)
        lines = profile.body.decode().splitlines()
        for word, value in ((ISSUER, web.base), (STORAGE, made.pod)):
            line = f"<{made.web_id}> {word} <{value}> ."
            want(line in lines, f"the triple {line}", f"the profile holds {len(lines)} others")
        story.note(made.web_id)
    return Citizen(person, made.pod, made.web_id, login)


async def agency_arrives(stage: Stage) -> Agency:
    with stage.story.step("Its service signs in, with the client that the operator registered"):
        login = await log_in(stage.web, stage.agency_credentials, "webid")
    return Agency(login, stage.agency_id, stage.purpose_id)


async def pods_are_filled(stage: Stage, an: Citizen, youssef: Citizen) -> None:
    story, web = stage.story, stage.web
    for paper in ANS_PAPERS:
        with story.step(f"An keeps {paper.path} ({paper.media_type}, {len(paper.body)} bytes)"):
            await _keep(stage, an, paper)
    with story.step("All five come back byte for byte"):
        for paper in ANS_PAPERS:
            answer = await web.get(an.has(paper.path), an.login, accept=paper.media_type)
            want_status(answer, 200)
            want(answer.body == paper.body, f"the bytes of {paper.path}", "others came")
    with story.step("The folder that the server made on the way lists the three slips"):
        listing = await web.get(an.has("inkomen/"), an.login, accept=N_TRIPLES)
        want_status(listing, 200)
        lines = listing.body.decode().splitlines()
        members = {line.split()[2].strip("<>") for line in lines if f" {CONTAINS} " in line}
        want_same("the members", members, {an.has(slip.path) for slip in SLIPS})
    with story.step("A stranger without login gets nothing of it"):
        want_status(await web.get(an.has(SLIPS[0].path), accept="*/*"), 401)
    with story.step(f"Youssef keeps {YOUSSEFS_SLIP.path} in his own pod"):
        await _keep(stage, youssef, YOUSSEFS_SLIP)
    with story.step("An cannot read what is Youssef's, nor he what is hers"):
        want_status(await web.get(youssef.has(YOUSSEFS_SLIP.path), an.login, accept="*/*"), 403)
        want_status(await web.get(an.has(SLIPS[0].path), youssef.login, accept="*/*"), 403)


async def _keep(stage: Stage, citizen: Citizen, paper: Paper) -> None:
    where = citizen.has(paper.path)
    want_status(await stage.web.put(where, citizen.login, paper.media_type, paper.body), 201)
