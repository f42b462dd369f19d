# SPDX-License-Identifier: EUPL-1.2
"""Telling others what changed."""
