# SPDX-License-Identifier: EUPL-1.2
"""What pages may load and where their forms may lead (ui.md §9)."""

import re

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:")


def may_name(origin: str) -> bool:
    """Whether a policy can name this origin; a stray space would add a rule of its own."""
    return ORIGIN.fullmatch(origin) is not None


def policy_with(origin: str) -> str:
    """ui.md §9: browsers hold `form-action` against the redirect after a form too.

    Only what is plainly one origin gets in: a stray space would add a rule of its own.
    """
    if not may_name(origin):
        return POLICY
    return POLICY.replace("form-action 'self'", f"form-action 'self' {origin}")
