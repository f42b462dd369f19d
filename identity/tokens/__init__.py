# SPDX-License-Identifier: EUPL-1.2
"""Tokens and proofs: whose they are, and whether they hold."""
