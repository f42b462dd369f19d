# SPDX-License-Identifier: EUPL-1.2
"""Says that a pod has no root ACL: when a decision meets it, and not with every decision."""

import logging
from dataclasses import dataclass

from pod.instant import MINUTE, Instant
from pod.iri import Iri

LOG = logging.getLogger("kluis.acl")


@dataclass(slots=True)
class Alarm:
    """WAC-25: one line a minute at most in each worker, however many ask."""

    said: Instant | None = None

    def lost(self, pod: Iri, now: Instant) -> None:
        """This pod exists and has lost the ACL that everything in it falls back on."""
        if self.said is not None and 0 <= now - self.said < MINUTE:
            return
        self.said = now
        LOG.error(
            "The pod %s has no root ACL: what no other ACL permits is denied there."
            " Start the server anew to have it restored, or its owner can write one.",
            pod,
        )
