# SPDX-License-Identifier: EUPL-1.2
"""What agencies ask, and what the citizen answers."""
