# SPDX-License-Identifier: EUPL-1.2
"""Who can reach what, and what would change."""
