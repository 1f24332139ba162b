"""The receipt of a signal: the canonical form and the hashes that its writer and all checkers use.

A receipt has four parts, each hashed by itself, so that a part that was altered can be named.
`signals.receipt_contents` in PostgreSQL says what each part holds.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# What was said and since when it was known; the numbers the decision rests on; the frozen features;
# the models with their checksums.
PARTS = ("said", "inputs", "snapshot", "models")
DIGEST_BYTES = 16


def digest_of(content: object) -> str:
    """Hash of a part as JSON holds it; 1 and 1.0, 0.0 and -0.0 are the same number."""
    return _hashed(_canonical(content))


def digest_of_text(text: str) -> str:
    """The same of a part that is JSON still."""
    return _hashed(json.loads(text, parse_int=_number, parse_float=_number))


def digests_of(contents: Mapping[str, Any]) -> dict[str, str]:
    """The hash of every part, in the order of PARTS."""
    return {part: digest_of(contents[part]) for part in PARTS}


def receipt_hash(digests: Mapping[str, str]) -> str:
    """The one hash over all parts: who keeps it can hold us to the whole receipt."""
    text = "\x1f".join(f"{part}={digests[part]}" for part in PARTS)
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def altered(contents: Mapping[str, Any], digests: Mapping[str, str], whole: str) -> list[str]:
    """Parts that are no longer what was frozen; `hash` where the hashes do not fit each other."""
    found = digests_of(contents)
    wrong = [part for part in PARTS if found[part] != digests[part]]
    return wrong if receipt_hash(digests) == whole else [*wrong, "hash"]


def _hashed(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def _number(value: float | str) -> float:
    return float(value) + 0.0  # a negative zero becomes zero, as in a numeric column


def _canonical(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _canonical(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return value
