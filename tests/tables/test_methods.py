# SPDX-License-Identifier: EUPL-1.2
"""Method, mode, existence: which status, for one agent with exactly these modes on all of /k/."""

import pytest

from tests.people import AN, BOB, ROOT, Asking, rule

TURTLE = "text/turtle"
N3 = "text/n3"
SPARQL = "application/sparql-update"
P = "_:p a <http://www.w3.org/ns/solid/terms#InsertDeletePatch>"
INSERTS = "<http://www.w3.org/ns/solid/terms#inserts> { <#n> <#p> 1 }"
DELETES = "<http://www.w3.org/ns/solid/terms#deletes> { <#a> <#p> 1 }"

R, A, W, C = "Read", "Append", "Write", "Control"

# method, body, type, name, modes that suffice (all needed), status when they are held,
# and the status for a holder of Read alone where that differs from a plain refusal.
CASES = [
    ("GET", None, None, "doc", {R}, 200),
    ("HEAD", None, None, "doc", {R}, 200),
    ("GET", None, None, "new", {R}, 404),
    ("GET", None, None, "bin", {R}, 200),
    ("GET", None, None, "sub/", {R}, 200),
    ("GET", None, None, "nosub/", {R}, 404),
    ("PUT", "<#a> <#p> 2 .", TURTLE, "doc", {W}, 204),
    ("PUT", "x", "text/plain", "new", {A}, 201),
    ("PUT", "x", "text/plain", "deep/er/new", {A}, 201),
    ("PUT", None, None, "newsub/", {A}, 201),
    ("PUT", None, None, "sub/", {W}, 409),
    ("POST", "x", "text/plain", "sub/", {A}, 201),
    ("POST", "x", "text/plain", "doc", {A}, 405),
    ("POST", "x", "text/plain", "nosub/", {A, R}, 404),
    ("PATCH", f"{P}; {INSERTS} .", N3, "doc", {A}, 204),
    ("PATCH", f"{P}; {DELETES} .", N3, "doc", {R, W}, 204),
    ("PATCH", f"{P}; {INSERTS} .", N3, "new", {A}, 201),
    ("PATCH", f"{P}; {DELETES} .", N3, "new", {R, W}, 409),
    ("PATCH", "INSERT DATA { <#n> <#p> 1 }", SPARQL, "doc", {A}, 204),
    ("PATCH", "DELETE DATA { <#a> <#p> 1 }", SPARQL, "doc", {R, W}, 204),
    ("PATCH", "DELETE DATA { <#zz> <#p> 1 }", SPARQL, "doc", {R, W}, 204),
    ("PATCH", f"{P}; {INSERTS} .", N3, "bin", {A}, 405),
    ("DELETE", None, None, "doc", {W}, 204),
    ("DELETE", None, None, "bin", {W}, 204),
    ("DELETE", None, None, "empty/", {R, W}, 204),
    ("DELETE", None, None, "sub/", {R, W}, 409),
    ("DELETE", None, None, "new", {R, W}, 404),
    ("GET", None, None, "doc.acl", {C}, 404),
    ("PUT", "", TURTLE, "doc.acl", {C}, 201),
    ("DELETE", None, None, "doc.acl", {C}, 404),
]
SETS = [
    frozenset(s)
    for s in ({R}, {A}, {W}, {C}, {R, A}, {R, W}, {R, C}, {A, C}, {W, C}, {R, W, C}, set())
]


async def _furnish(an: Asking, modes: frozenset[str]) -> None:
    for name, body, media_type in [
        ("doc", "<#a> <#p> 1 .", TURTLE),
        ("bin", "x", "text/plain"),
        ("sub/x", "x", "text/plain"),
    ]:
        assert (await an("PUT", f"k/{name}", AN, body, media_type)).status == 201
    assert (await an("PUT", "k/empty/", AN)).status == 201
    rules = []
    if modes:
        both = f"acl:accessTo <{ROOT}k/>; acl:default <{ROOT}k/>"
        rules = [rule(f"acl:agent <{BOB.webid}>", both, " ".join(sorted(modes)))]
    await an.acl("k/", *rules)


@pytest.mark.parametrize("modes", SETS, ids=lambda modes: "+".join(sorted(modes)) or "nothing")
async def test_a_method_works_with_the_modes_it_needs_and_with_no_less(
    modes: frozenset[str], an: Asking
) -> None:
    await _furnish(an, modes)
    held = modes | {A} if W in modes else modes  # WAC-14

    for method, body, media_type, name, needed, status in CASES:
        outcome = await an(method, f"k/{name}", BOB, body, media_type)
        if needed <= held:
            assert outcome.status == status, (method, name, outcome)
        elif method in ("PATCH",) and name == "bin" and R in held:
            assert outcome.status in (403, 405), (method, name, outcome)
        else:
            assert outcome.status == 403, (method, name, outcome)
        if outcome.status in (201, 204):
            await _restore(an, method, name)


async def _restore(an: Asking, method: str, name: str) -> None:
    """Put back what a successful case changed, so that cases do not lean on each other."""
    if name in ("doc", "bin"):
        body, media_type = ("<#a> <#p> 1 .", TURTLE) if name == "doc" else ("x", "text/plain")
        assert (await an("PUT", f"k/{name}", AN, body, media_type)).status in (201, 204)
    elif name == "doc.acl":
        assert (await an("DELETE", "k/doc.acl", AN)).status == 204
    elif name == "empty/":
        assert (await an("PUT", "k/empty/", AN)).status == 201
    elif method in ("PUT", "PATCH"):
        assert (await an("DELETE", f"k/{name}", AN)).status == 204


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "", 405),  # SP-70
        ("DELETE", ".acl", 405),
        ("PUT", "", 409),
        ("GET", "k", 301),  # SP-15
        ("GET", "k/doc/", 301),
        ("PUT", "k", 409),  # SP-14
        ("PUT", "k/doc/", 409),
        ("PUT", "k/doc/below", 409),
        ("PATCH", "k/none/", 409),  # P8
        ("PUT", "k/doc.acl.acl", 405),  # SP-46
        ("GET", "k/doc.acl.acl", 404),
        ("GET", "k/doc.meta.acl", 404),
        ("PUT", ".oidc/x", 409),  # decision 32
        ("PUT", "-/x", 409),
        ("PUT", ".well-known/x", 409),
        ("PUT", "k.acl/x", 400),  # SP-19
    ],
)
async def test_the_owner_meets_the_rules_of_kinds_and_names(
    method: str, path: str, status: int, an: Asking
) -> None:
    await _furnish(an, frozenset())
    body, media_type = (None, None) if method in ("GET", "DELETE") else ("", TURTLE)
    if method == "PATCH":
        media_type = SPARQL

    assert (await an(method, path, AN, body, media_type)).status == status
