# SPDX-License-Identifier: EUPL-1.2
"""Apps and programs as clients of the provider."""
