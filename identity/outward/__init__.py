# SPDX-License-Identifier: EUPL-1.2
"""The one guarded way out to the network."""
