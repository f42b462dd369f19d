# SPDX-License-Identifier: EUPL-1.2
"""Which modes an operation needs, on which resource (wac.md §4), pure."""

from collections.abc import Iterable

from acl.modes import Mode
from ldp.patch import Patch
from pod.iri import Iri, governed_by, parent

Need = tuple[Iri, Mode]


def to_read(target: Iri) -> tuple[Need, ...]:
    """WAC #access-modes: reading needs Read (WAC-29)."""
    return ((target, _or_control(target, Mode.READ)),)


def to_replace(target: Iri) -> tuple[Need, ...]:
    """Overwriting takes content away, so Append is not enough (WAC-31)."""
    return ((target, _or_control(target, Mode.WRITE)),)


def to_create(target: Iri, missing: Iterable[Iri], deepest: Iri) -> tuple[Need, ...]:
    """Append on what is made, on each container made on the way, and on the deepest that is there.

    WAC-30, WAC-34. An ACL resource needs Control on its subject alone (WAC-8).
    """
    if governed_by(target) is not None:
        return ((target, Mode.CONTROL),)
    return tuple((iri, Mode.APPEND) for iri in (target, *missing, deepest))


def to_add_member(container: Iri) -> tuple[Need, ...]:
    """POST: Append on the container itself."""
    return ((container, _or_control(container, Mode.APPEND)),)


def to_patch(target: Iri, patch: Patch) -> tuple[Need, ...]:
    """Exactly the modes of what it does: inserts Append, deletes Read and Write, where Read."""
    modes = Mode.NONE
    if patch.reads or patch.removes:
        modes |= Mode.READ
    if patch.adds:
        modes |= Mode.APPEND
    if patch.removes:
        modes |= Mode.WRITE
    return ((target, _or_control(target, modes)),)


def to_delete(target: Iri) -> tuple[Need, ...]:
    """WAC-32: Write on the resource and on its container; a container's emptiness needs Read."""
    if governed_by(target) is not None:
        return ((target, Mode.CONTROL),)
    above = parent(target)
    modes = Mode.WRITE | Mode.READ if target.endswith("/") else Mode.WRITE
    return ((target, modes), *(() if above is None else ((above, Mode.WRITE),)))


def _or_control(target: Iri, modes: Mode) -> Mode:
    return Mode.CONTROL if governed_by(target) is not None else modes
