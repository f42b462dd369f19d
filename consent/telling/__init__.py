# SPDX-License-Identifier: EUPL-1.2
"""What agencies are told: events, webhooks, the feed."""
