# SPDX-License-Identifier: EUPL-1.2
"""The words that Kluis uses from the vocabularies of others, and its own namespace."""

ACL = "http://www.w3.org/ns/auth/acl#"
DCT = "http://purl.org/dc/terms/"
FOAF = "http://xmlns.com/foaf/0.1/"
KLUIS = "https://w3id.org/kluis#"
LDP = "http://www.w3.org/ns/ldp#"
MEDIA_TYPES = "http://www.w3.org/ns/iana/media-types/"
PIM = "http://www.w3.org/ns/pim/space#"
POSIX = "http://www.w3.org/ns/posix/stat#"  # SP-33: with the #, as CSS and clients have it
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SOLID = "http://www.w3.org/ns/solid/terms#"
VCARD = "http://www.w3.org/2006/vcard/ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"

PROBLEM = "https://w3id.org/kluis/problem#"
