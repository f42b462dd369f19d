# SPDX-License-Identifier: EUPL-1.2
"""Accounts, their sessions and what they own, as rows and rules."""
