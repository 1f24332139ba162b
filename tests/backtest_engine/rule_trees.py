"""Rules drawn at random: any tree the grammar can say, whether or not its words make sense."""

from hypothesis import strategies as st

from backtest_engine.dsl import tree
from backtest_engine.dsl.grammar import RESERVED
from backtest_engine.dsl.limits import MAX_NUMBER, MIN_NUMBER

numbers = st.one_of(
    st.integers(0, 1_000).map(float),
    st.floats(MIN_NUMBER, MAX_NUMBER, allow_nan=False, allow_infinity=False),
)
names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}(\.[0-9]{1,2})?", fullmatch=True).filter(
    lambda name: name.split(".")[0] not in RESERVED
)
members = st.lists(
    st.from_regex(r"[a-z0-9][a-z0-9_.~-]{0,9}", fullmatch=True), min_size=1, max_size=4
)
notes = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12),
    st.just("why # and when"),
)
leaves = st.one_of(
    st.builds(tree.Number, numbers),
    st.builds(tree.Percent, numbers),
    st.builds(tree.Duration, st.integers(0, 5_000), st.sampled_from(["days", "weeks", "years"])),
    st.builds(tree.Action, st.sampled_from(["BUY", "HOLD", "SELL"])),
    st.builds(tree.Name, names),
)


def _deeper(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tree.Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(tree.Call, names, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(tree.Minus, inner),
        st.builds(tree.Not, inner),
        st.builds(tree.Arithmetic, st.sampled_from("+-*/"), inner, inner),
        st.builds(
            tree.Comparison, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), inner, inner
        ),
        st.builds(tree.Crossing, st.sampled_from(["ABOVE", "BELOW"]), inner, inner),
        st.builds(tree.Membership, inner, members.map(tuple), st.booleans()),
        st.builds(tree.Every, several),
        st.builds(tree.Either, several),
    )


expressions = st.recursive(leaves, _deeper, max_leaves=12)
shares = st.floats(MIN_NUMBER, 100, exclude_min=True)
wholes = st.integers(1, 10**9)
deeds = st.one_of(
    st.builds(tree.BuyShare, shares, st.none() | wholes),
    st.builds(tree.BuyCopies, wholes),
    st.builds(tree.SellAll),
    st.builds(tree.SellShare, shares),
    st.builds(tree.SellCopies, wholes),
)
caps = st.one_of(
    st.builds(tree.PositionsCap, wholes),
    st.builds(tree.ShareCap, shares, st.sampled_from(["SET", "CARD", "GRADE"])),
)
lines = st.one_of(
    st.builds(tree.Universe, expressions, notes),
    st.builds(tree.Let, names, expressions, notes),
    st.builds(tree.When, expressions, deeds, notes),
    st.builds(tree.Rank, expressions, notes),
    st.builds(tree.Hold, st.lists(caps, min_size=1, max_size=3).map(tuple), notes),
    st.builds(tree.Note, notes.filter(lambda note: note is not None)),
    st.just(tree.Blank()),
)
rules = (
    st.lists(lines, min_size=1, max_size=4)
    .filter(lambda drawn: not isinstance(drawn[-1], tree.Blank))
    .map(lambda drawn: tree.Rule(tuple(drawn)))
)
