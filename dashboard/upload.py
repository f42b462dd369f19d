# SPDX-License-Identifier: EUPL-1.2
"""A file into a folder (ui.md §2): never over something that is there, never half."""

from acl.modes import Mode
from consent.house import House
from dashboard.data import DATA, address_of, name_of
from dashboard.data_changes import MIRRORED, TAKEN, Desk, said_of
from dashboard.keeping import Change
from dashboard.places import actor, inside, target_of, trouble_with, type_of
from dashboard.visit import Away, File, Mistake, Page, Shown, Visit
from dashboard.words import mark
from pod.errors import Missing, Stale
from pod.iri import Iri, is_container

NO_FILE = mark("Kies eerst een bestand.")


async def upload(desk: Desk, house: House, visit: Visit, file: File | None) -> Shown:
    """Kept as it was sent; RDF that does not parse is refused, as for programs (decision 8)."""
    folder = target_of(house, visit.path, DATA)
    if not is_container(folder):
        raise Missing("There is no such folder.")
    if file is None or not file.name:
        return _again(house, visit, folder, NO_FILE)
    wrong = trouble_with(file.name)
    if wrong:
        return _again(house, visit, folder, wrong)
    target = inside(house, folder, file.name)
    who = await actor(house, visit, desk.sources, folder, Mode.APPEND)
    media_type = type_of(file.name, file.media_type)
    try:
        await desk.keeping.change(Change("PUT", target, who, media_type, file.pieces, new=True))
    except Stale:
        return _again(house, visit, folder, TAKEN)
    except MIRRORED as error:
        return _again(house, visit, folder, said_of(error))
    return Away(address_of(house, target))


def _again(house: House, visit: Visit, folder: Iri, wrong: str) -> Page:
    data = {
        "here": "data",
        "name": name_of(folder),
        "address": address_of(house, folder),
        "errors": [Mistake("file", visit.words.say(wrong))],
    }
    return Page("data_upload.html", data, 422)
