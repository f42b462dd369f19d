# SPDX-License-Identifier: EUPL-1.2
"""The Solid protocol: reading, writing and patching what is in a pod."""
