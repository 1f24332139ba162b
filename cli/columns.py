"""Lines up rows of text in columns, so that figures can be compared down the page."""

from collections.abc import Iterator, Sequence

GAP = "  "


def in_columns(rows: Sequence[Sequence[str]], *, right: str = "") -> Iterator[str]:
    """A line for each row. `right` has an `r` at the place of each column of numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = right.ljust(len(widths))
    for row in rows:
        cells = (
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(row, widths, sides, strict=True)
        )
        yield GAP.join(cells).rstrip()
