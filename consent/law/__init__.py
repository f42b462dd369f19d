# SPDX-License-Identifier: EUPL-1.2
"""Access that a law or decree gives, apart from consent."""
