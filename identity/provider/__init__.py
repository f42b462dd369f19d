# SPDX-License-Identifier: EUPL-1.2
"""The OpenID provider (OP-n)."""
