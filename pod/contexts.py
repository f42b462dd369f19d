# SPDX-License-Identifier: EUPL-1.2
"""JSON-LD contexts that are known here, so that none is ever fetched (decision 23).

Activity Streams 2.0 is what messages to an inbox are written in (LDN §3.2); the terms below are
those of its vocabulary, told in the form that a JSON-LD processor wants.
"""

from collections.abc import Iterable, Mapping

_AS = "https://www.w3.org/ns/activitystreams#"
_XSD = "http://www.w3.org/2001/XMLSchema#"

_CLASSES = """
Accept Activity Add Announce Application Arrive Article Audio Block Collection CollectionPage Create
Delete Dislike Document Event Flag Follow Group Ignore Image IntransitiveActivity Invite IsContact
IsFollowedBy IsFollowing IsMember Join Leave Like Link Listen Mention Move Note Object Offer
OrderedCollection OrderedCollectionPage Organization Page Person Place Profile Question Read Reject
Relationship Remove Service TentativeAccept TentativeReject Tombstone Travel Undo Update Video View
"""
_TEXTS = """
content hreflang mediaType name preferredUsername rel source summary units
"""
_THINGS = """
actor alsoKnownAs anyOf attachment attributedTo audience bcc bto cc context current describes
downstreamDuplicates endpoints first followers following formerType generator href icon image
inReplyTo instrument items last liked likes location next oauthAuthorizationEndpoint
oauthTokenEndpoint object oneOf origin outbox partOf prev preview provideClientKey proxyUrl
relationship replies result sharedInbox shares signClientKey streams subject tag target to
uploadMedia upstreamDuplicates url
"""
_VALUES = {
    "dateTime": "closed deleted endTime published startTime updated",
    "float": "accuracy altitude latitude longitude radius rating",
    "nonNegativeInteger": "height startIndex totalItems width",
    "duration": "duration",
}
_SPOKEN = ("content", "name", "summary")


def _activity_streams() -> dict[str, object]:
    known: dict[str, object] = {
        "id": "@id",
        "type": "@type",
        "as": _AS,
        "xsd": _XSD,
        "ldp": "http://www.w3.org/ns/ldp#",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
    }
    known |= {name: _AS + name for name in (_CLASSES + _TEXTS).split()}
    known |= _typed(_THINGS.split(), "@id")
    for kind, names in _VALUES.items():
        known |= _typed(names.split(), _XSD + kind)
    known |= {f"{name}Map": {"@id": _AS + name, "@container": "@language"} for name in _SPOKEN}
    known["inbox"] = {"@id": "http://www.w3.org/ns/ldp#inbox", "@type": "@id"}
    known["Public"] = {"@id": _AS + "Public", "@type": "@id"}
    known["orderedItems"] = {"@id": _AS + "items", "@type": "@id", "@container": "@list"}
    return known


def _typed(names: Iterable[str], kind: str) -> dict[str, object]:
    return {name: {"@id": _AS + name, "@type": kind} for name in names}


BUNDLED: Mapping[str, object] = dict.fromkeys(
    ("https://www.w3.org/ns/activitystreams", "http://www.w3.org/ns/activitystreams"),
    _activity_streams(),
)
