"""Guards against pages without end: a bound, and a place that is asked for twice. No I/O."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from ingestion.domain.errors import SourceRefused

MAX_PAGES = 10_000  # at 200 items a page two million items: more than any source has in a window


@dataclass
class Pages:
    """Counts the pages of one question."""

    source: str
    most: int = MAX_PAGES
    _seen: set[Hashable] = field(default_factory=set, init=False)

    def turn_to(self, place: Hashable) -> None:
        """Note the next page's cursor or offset. Raises SourceRefused where it would never end."""
        if place in self._seen:
            raise SourceRefused(
                self.source, f"it sends its pages in a circle: {place!r} came twice"
            )
        if len(self._seen) >= self.most:
            raise SourceRefused(self.source, f"it has more than {self.most} pages; ask for less")
        self._seen.add(place)
