"""Prints how well titles are read: `python -m tests.ingestion.titles`."""

from ingestion.domain.titles.matcher import match_title
from tests.ingestion.titles import HALVES, excerpt_index, labelled, measures, score

HEADER = ("half", "measure", "hits", "of", "share", "95 % from", "to")


def main() -> None:
    """Precision, recall and reasons of abstentions on both halves, with Wilson intervals."""
    index = excerpt_index()
    print(f"{HEADER[0]:9} {HEADER[1]:10} {' '.join(f'{name:>9}' for name in HEADER[2:])}")
    for half in HALVES:
        titles = labelled(half)
        found = score(titles, [match_title(each.title, index) for each in titles])
        for one in measures(found):
            shares = f"{one.share:9.4f} {one.low:9.4f} {one.high:9.4f}"
            print(f"{half:9} {one.name:10} {one.hits:9} {one.of:9} {shares}")


if __name__ == "__main__":
    main()
