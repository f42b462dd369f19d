# SPDX-License-Identifier: EUPL-1.2
"""One kept thing: a document, a container, or an ACL."""

from dataclasses import dataclass

from pod.instant import Instant
from pod.iri import Iri, is_container


@dataclass(frozen=True, slots=True)
class Resource:
    """What is kept under a name. Bytes as they were sent, in the row or (large) in a blob.

    A container's `body` holds only the statements that people made about it; what it contains
    comes from its members' rows. `version` is the pod's number of the change that made it, so it
    never starts again at a name that was used before (decision 34).
    """

    pod: Iri
    iri: Iri
    media_type: str
    body: bytes | None
    blob: str | None
    size: int
    digest: str
    version: int
    modified: Instant

    @property
    def is_container(self) -> bool:
        return is_container(self.iri)

    @property
    def essence(self) -> str:
        """The media type without its parameters."""
        return self.media_type.split(";", 1)[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Member:
    """What a listing says about one member (SP-31); `bare`: its name and nothing else (SP-35)."""

    iri: Iri
    media_type: str
    size: int
    modified: Instant
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found: the resource if it is there, its description, the nearest ACL."""

    iri: Iri
    pod: Iri
    resource: Resource | None
    acl: Resource | None
    description: Resource | None = None
