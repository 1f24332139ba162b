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
# Where what is usual for the unit says nothing of the word.
COMPARED_OF = {"drawdown": "> -25%", "atr": "< 5", "rsi": "> 60", "conviction": ">= 70%"}
BUY_AND_HOLD = "IF close > 0 THEN BUY 3 COPIES"


def example(word: Word) -> str:
    """A line that uses the word."""
    compared = COMPARED_OF.get(word.name, COMPARED[word.unit or Unit.PRICE])
    condition = f"IF {word.example} {compared}"
    if word.of_position:
        return f"{condition} THEN SELL ALL"
    return f"{condition} THEN BUY 3 COPIES"


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
