# SPDX-License-Identifier: EUPL-1.2
"""The account API over HTTP (ACC-n, KLU-n)."""
