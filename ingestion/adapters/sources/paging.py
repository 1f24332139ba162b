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
        """Note a page by its cursor or content. Raises SourceRefused where it would never end."""
        if place in self._seen:
            number = len(self._seen) + 1
            raise SourceRefused(self.source, f"its pages go in a circle: page {number} came before")
        if len(self._seen) >= self.most:
            raise SourceRefused(self.source, f"it has more than {self.most} pages; ask for less")
        self._seen.add(place)
