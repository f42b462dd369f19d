# SPDX-License-Identifier: EUPL-1.2
"""Questions and objections of citizens to agencies."""
