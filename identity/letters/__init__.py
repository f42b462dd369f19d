# SPDX-License-Identifier: EUPL-1.2
"""Letters to people: texts, languages, and how they go out."""
