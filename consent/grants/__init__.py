# SPDX-License-Identifier: EUPL-1.2
"""The citizen's yes: its terms, its moves, and what it permits."""
