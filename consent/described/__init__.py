# SPDX-License-Identifier: EUPL-1.2
"""The description of the consent API as data."""
