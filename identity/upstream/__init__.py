# SPDX-License-Identifier: EUPL-1.2
"""Providers above us, such as the government."""
