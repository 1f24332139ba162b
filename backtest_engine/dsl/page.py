"""The table of words of docs/dsl.md, made of the words themselves."""

from backtest_engine.dsl.words import NAMED, WORDS, Unit, Word

COMPARED = {
    Unit.PRICE: "> 20",
    Unit.RATIO: "> 5%",
    Unit.COUNT: ">= 3",
    Unit.DAYS: "< 30",
    Unit.NUMBER: "< 1.5",
    Unit.ACTION: "= BUY",
    Unit.SET: "IN (base1, neo1)",
    Unit.GRADE: "= psa10",
    Unit.CARD: "NOT IN (base1-4)",
}
BUY_AND_HOLD = "IF close > 0 THEN BUY 1 COPY"


def example(word: Word) -> str:
    """A line that uses the word."""
    condition = f"IF {word.example} {COMPARED[word.unit or Unit.PRICE]}"
    if word.of_position:
        return f"{condition} THEN SELL ALL"
    return f"{condition} THEN BUY 1 COPY"


def table_of_words() -> str:
    """Markdown: word, unit, meaning, example."""
    rows = [
        f"| `{_written(word)}` | {_unit(word)} | {word.meaning} | `{example(word)}` |"
        for word in WORDS.values()
    ]
    return "\n".join(["| word | is | meaning | example |", "|---|---|---|---|", *rows])


def _written(word: Word) -> str:
    if not word.series_optional:
        return word.example
    return f"{word.name}([series,] 30)"


def _unit(word: Word) -> str:
    if word.unit is None:
        return "as its series"
    return word.unit.value if word.unit not in NAMED else f"{word.unit.value}, by name"
