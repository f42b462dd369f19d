# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong, in words of pods; identity/door.py gives each kind its HTTP status."""

from collections.abc import Mapping, Sequence


class PodError(Exception):
    """A refusal with a plain sentence and a stable problem name.

    `problem` is the NAME of the problem type (https://w3id.org/kluis/problem#NAME), `errors` are
    the places where it went wrong, `headers` go with the answer, `more` are extra members.
    """

    problem = "error"

    def __init__(
        self,
        detail: str,
        *,
        problem: str | None = None,
        errors: Sequence[Mapping[str, object]] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problem = problem or type(self).problem
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = dict(more or {})


class Unreadable(PodError):
    """What was sent cannot be understood: broken syntax, a bad name, a missing type."""

    problem = "unreadable"


class NotSignedIn(PodError):
    """Nobody proved who asks, or the proof does not hold."""

    problem = "not-signed-in"


class Refused(PodError):
    """It is known who asks, and that is not enough."""

    problem = "forbidden"


class Missing(PodError):
    """There is nothing by that name (that the caller may know of)."""

    problem = "not-found"


class WrongMethod(PodError):
    """That kind of thing does not take this method."""

    problem = "method-not-allowed"


class NotAcceptable(PodError):
    """None of the forms that the caller accepts can be made."""

    problem = "not-acceptable"


class Clash(PodError):
    """The change does not fit what is there: a missing triple, a name that is taken."""

    problem = "conflict"


class Gone(PodError):
    """It was there and is over for good."""

    problem = "gone"


class Stale(PodError):
    """What the caller saw is not what is there now."""

    problem = "stale"


class TooLarge(PodError):
    """More than may be sent or kept."""

    problem = "too-large"


class UnsupportedType(PodError):
    """A media type that does not fit here."""

    problem = "unsupported-media-type"


class NoSuchRange(PodError):
    """None of the stretches that were asked for lies in the body."""

    problem = "range-not-satisfiable"


class Misdirected(PodError):
    """The request names a host that this server is not."""

    problem = "misdirected"


class Unprocessable(PodError):
    """Readable, but breaks a rule that the sender could know."""

    problem = "unprocessable"


class TooMany(PodError):
    """Too often; `Retry-After` says when again."""

    problem = "too-many-requests"


class Unavailable(PodError):
    """Cannot be done right now, through no fault of the caller."""

    problem = "unavailable"
