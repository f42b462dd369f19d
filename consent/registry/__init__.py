# SPDX-License-Identifier: EUPL-1.2
"""Who may ask, and for what: agencies and versioned purposes."""
