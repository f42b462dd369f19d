# SPDX-License-Identifier: EUPL-1.2
"""Ways to sign in, and how sure each is."""
