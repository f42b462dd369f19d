# SPDX-License-Identifier: EUPL-1.2
"""What the command line can do besides serving."""
