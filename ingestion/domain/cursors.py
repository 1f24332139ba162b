"""Decides which days a run asks a source for, and how far the source was then read. No I/O."""

from datetime import date, timedelta

from ingestion.domain.errors import WrongWindow
from ingestion.domain.records import Window

# Marketplaces go on adding and correcting the sales of a day for two or three days.
OVERLAP = timedelta(days=3)
DAY = timedelta(days=1)


def window(
    day: date,
    *,
    since: date | None,
    read_through: date | None,
    loaded: date | None,
    first_asked: date | None,
) -> Window:
    """The days to ask for in the run of `day`.

    With `since` just those. Without it, from three days before where both reading and loading had
    come (`read_through` is the cursor, `loaded` the last loaded day before `day`), so that nights
    that were missed or failed are made up for and late arrivals are seen. What was read and never
    loaded is read again from `first_asked`. Before the first run it is the day alone.
    """
    if since is None:
        since = _goes_on(day, read_through, loaded, first_asked)
    if since > day:
        raise WrongWindow(f"--since {since} is after --date {day}")
    return Window(since, day)


def _goes_on(
    day: date, read_through: date | None, loaded: date | None, first_asked: date | None
) -> date:
    # The run of a day that was read already asks what it asked before: the cursor says nothing.
    behind = read_through if read_through is not None and read_through < day else None
    if loaded is not None:
        return min(behind or loaded, loaded) - OVERLAP
    if behind is not None:
        return min(first_asked or behind, behind - OVERLAP)
    return day


def moved(read_through: date | None, asked: Window) -> date | None:
    """Where the cursor stands after the window was read; None: it stays.

    It never goes back, and never over days that were not read: after a window `since` a later
    day, the next run begins before the gap.
    """
    if read_through is None:
        return asked.last
    if asked.last <= read_through or asked.first > read_through + DAY:
        return None
    return asked.last
