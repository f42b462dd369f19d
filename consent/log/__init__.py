# SPDX-License-Identifier: EUPL-1.2
"""Reading the access log, its head, its export, its picture."""
