# SPDX-License-Identifier: EUPL-1.2
"""A patch over the protocol keeps comments and layout."""

from tests.ldp.test_edit import EX, HEAD, LINES
from tests.people import AN, Asking

PATCHED = (HEAD + LINES).encode()


async def test_a_sparql_update_keeps_comments_and_layout(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, PATCHED, "text/turtle")
    update = f"""PREFIX ex: <{EX}> DELETE DATA {{ <#bob> ex:family "Claes" }};
        INSERT DATA {{ <#bob> ex:family "Maes"; ex:seen true . <#ann> ex:knows <#bob> }}"""

    patched = await an("PATCH", "d.ttl", AN, update, "application/sparql-update")

    assert patched.status == 204
    expected = PATCHED.replace(b"'Claes'", b'"Maes"').replace(
        b". # short", b"; # short\n    ex:seen true ."
    )
    assert (await an("GET", "d.ttl", AN)).body == expected + b"\n<#ann> ex:knows <#bob> .\n"


async def test_an_n3_patch_keeps_comments_and_layout(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, PATCHED, "text/turtle")
    patch = f"""@prefix solid: <http://www.w3.org/ns/solid/terms#>. @prefix ex: <{EX}>.
        _:p a solid:InsertDeletePatch; solid:where {{ ?p ex:family "Claes" }};
        solid:deletes {{ ?p ex:nr +1 }}; solid:inserts {{ ?p ex:nr +2 }} ."""

    patched = await an("PATCH", "d.ttl", AN, patch, "text/n3")

    assert patched.status == 204
    assert (await an("GET", "d.ttl", AN)).body == PATCHED.replace(b"+1", b"+2")
