"""The rules of judging change only together with the number that passes over older checkpoints."""

import ast
from hashlib import sha256
from pathlib import Path

import ingestion.domain
from ingestion.domain.checkpoints import RULES_ARE

DOMAIN = Path(ingestion.domain.__path__[0])
# What is flagged, what a checkpoint holds of it, and how it is read again.
RULES = (
    "level_rules",
    "near_prices",
    "sale_pass",
    "quote_pass",
    "moment_pass",
    "checkpoints",
    "resuming",
)


def statements(source: str) -> str:
    """The code without comments, docstrings and layout: what the rules do does not rest on them."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body or not isinstance(body[0], ast.Expr):
            continue
        if isinstance(body[0].value, ast.Constant):
            body[0] = ast.Pass()
    return ast.unparse(tree)


def digest_of_rules() -> str:
    digest = sha256()
    for name in RULES:
        digest.update(statements((DOMAIN / f"{name}.py").read_text("utf-8")).encode())
    return digest.hexdigest()[:16]


def test_changed_rules_have_another_number() -> None:
    pages = Path(__file__).parents[2] / "docs" / "decisions"
    (page,) = pages.glob("*-a-night-judges-on-from-a-checkpoint.md")
    line = f"Rules {RULES_ARE}: `{digest_of_rules()}`"
    assert line in page.read_text("utf-8"), (
        "The rules are not the ones of this number. If anything may now be flagged or kept in"
        " another way, raise RULES_ARE in ingestion/domain/checkpoints.py; then write the line that"
        f" this test asks for into {page.name}: {line}"
    )


TOLD = '''"""Rules."""
LIMIT = 3  # dollars


def over(price):
    """Tells what is too dear."""
    return price > LIMIT
'''
SAME = "'Other words.'\nLIMIT = (3)\ndef over(price):\n  'Words.'\n  return price > LIMIT\n"


def test_only_what_the_code_does_counts() -> None:
    assert statements(TOLD) == statements(SAME)
    assert statements(TOLD) != statements(TOLD.replace("3", "4"))
    assert statements(TOLD) != statements(TOLD.replace(">", ">="))
