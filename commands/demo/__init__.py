# SPDX-License-Identifier: EUPL-1.2
"""`kluis demo`: the whole story of a consent, told against a real server over HTTP.

Nothing here imports a room of Kluis: it knows the server from outside, as its users do.
"""

from commands.demo.play import run

__all__ = ["run"]
