# SPDX-License-Identifier: EUPL-1.2
"""The four modes of Web Access Control."""

from enum import Flag


class Mode(Flag):
    """WAC-14: nothing implies anything else, except that Write satisfies a need for Append."""

    NONE = 0
    READ = 1
    APPEND = 2
    WRITE = 4
    CONTROL = 8


ALL = Mode.READ | Mode.WRITE | Mode.APPEND | Mode.CONTROL
EACH = (
    ("read", Mode.READ),
    ("write", Mode.WRITE),
    ("append", Mode.APPEND),
    ("control", Mode.CONTROL),
)
