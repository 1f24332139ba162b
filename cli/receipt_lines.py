"""The receipt of a signal as lines of text; its hashes are taken here again, from the answer."""

from collections.abc import Iterator
from typing import Any

from kernel.receipts import PARTS, altered

Rows = dict[str, Any]


def wrong_parts(found: Rows) -> list[str]:
    """Parts whose content is not what its hash was taken of, whatever the API says of them."""
    parts = {part["name"]: part for part in found["parts"]}
    if found["hash"] is None:
        return list(PARTS)
    contents = {name: parts[name]["content"] for name in PARTS}
    digests = {name: parts[name]["digest"] for name in PARTS}
    return altered(contents, digests, found["hash"])


def receipt_lines(found: Rows) -> Iterator[str]:
    """What was said, each part with its hash, and whether it is what was frozen."""
    said = {part["name"]: part["content"] for part in found["parts"]}["said"]
    yield (
        f"{found['card_id']}:{found['grade_code']}  {found['horizon_days']} d  {said['action']}"
        f"  conviction {said['conviction']:.2f}  by {said['model_version']}"
    )
    heard = "" if found["heard"] else f", filled in {found['written_at'][:10]}: nobody heard it"
    yield f"as of {found['asof_ts']}, known {found['known_at']}{heard}"
    if found["hash"] is None:
        yield "no receipt was kept when it was said"
        return
    wrong = wrong_parts(found)
    for part in found["parts"]:
        state = "ALTERED OR LOST" if part["name"] in wrong else "as it was"
        yield f"  {part['name']:<9} {part['digest']}  {state}"
    yield f"  {'receipt':<9} {found['hash']}  {'ALTERED' if 'hash' in wrong else 'as it was'}"
