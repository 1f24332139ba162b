"""What is wrong with a rule, where, and what to write instead."""

from dataclasses import dataclass

from kernel.errors import Rejected


@dataclass(frozen=True)
class Problem:
    """One mistake: line and column count from 1; `source` is the line as written."""

    line: int
    column: int
    message: str
    hint: str | None = None
    source: str = ""

    def __str__(self) -> str:
        told = f"line {self.line}, column {self.column}: {self.message}"
        if self.source:
            told += f"\n  {_printable(self.source)}\n  {' ' * (self.column - 1)}^"
        return f"{told}\n  hint: {self.hint}" if self.hint else told


class RuleError(Rejected):
    """The rule cannot be used; `problems` has at least one, in the order of the text."""

    title = "Rule not understood"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class TreeError(Rejected):
    """A JSON tree is no rule; `path` says where, as lines[2].condition."""

    title = "Tree not understood"

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        super().__init__(f"{path or 'the tree'}: {why}")


def _printable(source: str) -> str:
    """A tab or another sign without a width of one would move the caret."""
    return "".join(sign if sign.isprintable() else " " for sign in source)
