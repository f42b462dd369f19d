# SPDX-License-Identifier: EUPL-1.2
"""The papers that citizens keep in their pods: wage slips, a diploma, a PDF."""

from dataclasses import dataclass

import orjson

from commands.demo.cast import LOON

# A well-known test account number; its check digits are right, so that it looks like a real one.
IBAN = "BE68539007547034"
IBAN_SPELLINGS = (IBAN, "BE68 5390 0754 7034", IBAN.lower())


@dataclass(frozen=True, slots=True)
class Paper:
    """One document: where it goes in the pod, and its bytes."""

    path: str
    media_type: str
    body: bytes


def wage_slip(month: str, gross: str, net: str, employer: str) -> Paper:
    """A slip in OSLO wage terms; the comment is a trap, since comments must not leave either."""
    text = f"""\
@prefix loon: <{LOON}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

# Gestort op {IBAN_SPELLINGS[1]}
<#fiche> a loon:Arbeidsloon ;
    loon:verloningsperiode "{month}"^^xsd:gYearMonth ;
    loon:werkgever "{employer}"@nl ;
    loon:brutoloon {gross} ;
    loon:nettoloon {net} ;
    loon:collectieveSchuldenregeling false ;
    loon:bankrekeningnummer "{IBAN}" .
"""
    return Paper(f"inkomen/{month}.ttl", "text/turtle", text.encode())


def diploma() -> Paper:
    value = {
        "@context": {
            "cred": "https://data.vlaanderen.be/ns/leercredential#",
            "dct": "http://purl.org/dc/terms/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
            "title": {"@id": "dct:title", "@language": "nl"},
            "issued": {"@id": "dct:issued", "@type": "xsd:date"},
        },
        "@id": "#diploma",
        "@type": "cred:Credential",
        "title": "Bachelor in de verpleegkunde",
        "issued": "2014-06-27",
    }
    body = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    return Paper("diploma.jsonld", "application/ld+json", body)


def pdf(path: str, words: str) -> Paper:
    """A real one-page PDF with one line of text, its cross-reference table counted out."""
    content = f"BT /F1 18 Tf 72 760 Td ({words}) Tj ET".encode("latin-1")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(parts) + 1
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return Paper(path, "application/pdf", bytes(body))


AUGUST = wage_slip("2026-08", "3412.50", "2288.14", "Brouwerij De Kroon")
SEPTEMBER = wage_slip("2026-09", "3412.50", "2291.70", "Brouwerij De Kroon")
OCTOBER = wage_slip("2026-10", "3655.00", "2410.02", "Brouwerij De Kroon")
SLIPS = (AUGUST, SEPTEMBER, OCTOBER)
DIPLOMA = diploma()
CONTRACT = pdf("contracten/huur.pdf", "Huurcontract Kerkstraat 12, Mechelen")
ANS_PAPERS = (*SLIPS, DIPLOMA, CONTRACT)
YOUSSEFS_SLIP = wage_slip("2026-10", "812.00", "790.40", "Bakkerij Amrani")
