# SPDX-License-Identifier: EUPL-1.2
"""How fast Kluis is, beside a bare handler that sends the same bytes."""
