# SPDX-License-Identifier: EUPL-1.2
"""What proves what was agreed: records, receipts, validity."""
