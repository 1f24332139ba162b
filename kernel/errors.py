"""The kinds of domain error. Only an edge maps a kind to an HTTP status or an exit code."""


class DomainError(Exception):
    """An expected failure. The message says what happened and what to do about it."""

    title = "Request failed"


class NotFound(DomainError):
    """What was asked for does not exist."""

    title = "Not found"


class Conflict(DomainError):
    """The state of the store does not allow it now."""

    title = "Conflict"


class Rejected(DomainError):
    """The input is wrong; repeating it unchanged fails again."""

    title = "Input rejected"


class Unauthenticated(DomainError):
    """The caller has not shown who he is, or not truly."""

    title = "Not signed in"


class Forbidden(DomainError):
    """The caller may not do this."""

    title = "Forbidden"


class Unavailable(DomainError):
    """Something outside did not answer; the only kind worth a retry.

    `retry_after_s` is how long to wait for it, where that is known.
    """

    title = "Temporarily unavailable"
    retry_after_s: float | None = None
