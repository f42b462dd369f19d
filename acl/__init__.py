# SPDX-License-Identifier: EUPL-1.2
"""May they, and why."""
