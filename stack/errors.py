"""Owns what can go wrong while starting the stack; every message says what to do."""


class StackError(Exception):
    """The stack cannot go on; the front process prints the message and leaves with exit code 1."""


class Unhealthy(Exception):
    """A probe got no answer, or an answer from somebody else. The message is the reason."""
