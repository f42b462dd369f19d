# SPDX-License-Identifier: EUPL-1.2
"""Source-preserving edits: what is not changed stays as it was written, what is changed is right."""

from collections.abc import Sequence

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ldp.edit import edit
from ldp.patch import apply
from ldp.sameness import same
from ldp.spans import read_spans
from ldp.sparql import read_sparql_update
from pod import rdf
from tests.people import AN, Asking

BASE = "https://pod.example/d"
EX = "https://vocab.example/#"
HEAD = f"@prefix ex: <{EX}> .\n"


def edited(text: str, update: str, media_type: str = rdf.TURTLE) -> str | None:
    body = text.encode()
    before = rdf.parse(body, media_type, BASE)
    old = set(before.triples)
    new = apply(read_sparql_update(f"PREFIX ex: <{EX}> {update}".encode(), BASE), old)
    result = edit(body, media_type, BASE, before, old - new, new - old)
    return None if result is None else result.decode()


ONE_LINE = '<#ann> ex:family "Peeters"; ex:given "Ann"; ex:city "Gent".\n'
LINES = """# people
<#bob> a ex:Person ; # a man
    ex:family 'Claes' ; # his name
    ex:nr 01 , +1, 1E0 ; # odd
    ex:born "2001-01-01T00:00:00Z"^^ex:date ; # exact
    ex:given '''Bob''' . # short

# the end
"""
CLOSED = """<#eva>
    ex:given "Eva" ;
    ex:family "Claes" ;
.
"""
LEADING = """<#a> ex:p 1
   ; ex:q "a"
        , "b" # b
        , "c"
   ; ex:r 2
   .
"""
BRACKETS = """<#l> ex:items ( 1 2 [ ex:nr 7; ex:street "V" ] ) ;
    ex:addr [ ex:nr 8 ] , [ ] . # both
_:x ex:of <#l> .
[] ex:k 1 .
"""


@pytest.mark.parametrize(
    ("text", "update", "old", "new"),
    [
        pytest.param(ONE_LINE, "INSERT DATA {<#ann> ex:phone 5}", '"Gent".', '"Gent"; ex:phone 5.'),
        pytest.param(ONE_LINE, 'DELETE DATA {<#ann> ex:family "Peeters"}', 'ex:family "Peeters"; '),
        pytest.param(ONE_LINE, 'DELETE DATA {<#ann> ex:given "Ann"}', ' ex:given "Ann";'),
        pytest.param(ONE_LINE, 'DELETE DATA {<#ann> ex:city "Gent"}', '; ex:city "Gent"'),
        pytest.param(ONE_LINE, "DELETE WHERE {<#ann> ?p ?o}", ONE_LINE),
        pytest.param(
            ONE_LINE,
            'DELETE DATA {<#ann> ex:given "Ann"}; INSERT DATA {<#ann> ex:given "Anna"}',
            '"Ann"',
            '"Anna"',
        ),
        pytest.param(LINES, "DELETE DATA {<#bob> ex:nr 01}", "01 , ", ""),
        pytest.param(LINES, "DELETE DATA {<#bob> ex:nr +1}", " +1,", ""),
        pytest.param(LINES, "DELETE DATA {<#bob> ex:nr 1E0}", ", 1E0", ""),
        pytest.param(LINES, "INSERT DATA {<#bob> ex:nr 2.50}", "1E0", "1E0, 2.50"),
        pytest.param(LINES, "DELETE DATA {<#bob> ex:nr 01, +1, 1E0}", "ex:nr 01 , +1, 1E0 ; ", ""),
        pytest.param(LINES, "DELETE DATA {<#bob> a ex:Person}", "a ex:Person ; ", ""),
        pytest.param(
            LINES,
            "DELETE DATA {<#bob> ex:given 'Bob'}",
            "ex:date ; # exact\n    ex:given '''Bob''' . # short",
            "ex:date . # exact\n    # short",
        ),
        pytest.param(
            LINES,
            "INSERT DATA {<#bob> ex:seen true}",
            "'''Bob''' . # short",
            "'''Bob''' ; # short\n    ex:seen true .",
        ),
        pytest.param(
            LINES,
            "INSERT DATA {<#new> a ex:Person; ex:knows <#bob>, _:f. _:f ex:nr 1}",
            "# the end\n",
            "# the end\n\n<#new> a ex:Person ;\n    ex:knows <#bob>, _:n0 .\n\n_:n0 ex:nr 1 .\n",
        ),
        pytest.param(CLOSED, 'DELETE DATA {<#eva> ex:family "Claes"}', '    ex:family "Claes" ;\n'),
        pytest.param(
            CLOSED, "INSERT DATA {<#eva> ex:n 1}", '"Claes" ;\n', '"Claes" ;\n    ex:n 1 ;\n'
        ),
        pytest.param(LEADING, "DELETE DATA {<#a> ex:q 'a'}", '"a"\n        , "b"', '"b"'),
        pytest.param(LEADING, "DELETE DATA {<#a> ex:q 'b'}", ', "b" # b', "# b"),
        pytest.param(LEADING, "DELETE DATA {<#a> ex:q 'c'}", '        , "c"\n', ""),
        pytest.param(LEADING, "DELETE DATA {<#a> ex:r 2}", "   ; ex:r 2\n", ""),
        pytest.param(LEADING, "INSERT DATA {<#a> ex:q 'd'}", ', "c"\n', ', "c"\n        , "d"\n'),
        pytest.param(LEADING, "INSERT DATA {<#a> ex:s 3}", "ex:r 2\n", "ex:r 2\n   ; ex:s 3\n"),
        pytest.param(BRACKETS, "DELETE {?a ex:nr 8} WHERE {?a ex:nr 8}", "[ ex:nr 8 ]", "[]"),
        pytest.param(
            BRACKETS,
            "DELETE {?a ex:nr 7} INSERT {?a ex:nr 9; ex:x 2} WHERE {?a ex:nr 7}",
            'ex:nr 7; ex:street "V"',
            'ex:nr 9; ex:street "V"; ex:x 2',
        ),
        pytest.param(
            BRACKETS,
            "DELETE {<#l> ex:addr ?a. ?a ex:nr 8} WHERE {<#l> ex:addr ?a. ?a ex:nr 8}",
            "[ ex:nr 8 ] , ",
            "",
        ),
        pytest.param(BRACKETS, "DELETE {?s ?p 2} INSERT {?s ?p 5} WHERE {?s ?p 2}", "1 2", "1 5"),
        pytest.param(
            BRACKETS,
            "INSERT {<#l> ex:see ?x} WHERE {?x ex:of <#l>}",
            "[ ] . # both",
            "[ ] ; # both\n    ex:see _:x .",
        ),
        pytest.param(BRACKETS, "DELETE {?x ex:k 1} WHERE {?x ex:k 1}", "[] ex:k 1 .\n", ""),
        pytest.param(
            BRACKETS,
            "INSERT {?x ex:k 2; ex:j 3} WHERE {?x ex:k 1}",
            "ex:k 1 .",
            "ex:k 1, 2 ;\n    ex:j 3 .",
        ),
    ]
    if False
    else [],
)
def test_only_this_changes(text: str, update: str, old: str, new: str) -> None:
    assert edited(HEAD + text, update) == HEAD + text.replace(old, new, 1)
