"""The rule of quotes: a move beyond 3x waits until the next quote agrees within 20 %."""

from collections.abc import Sequence
from math import log

from ingestion.domain.outliers import Fence, Finding, Sale

JUMP = log(3.0)
AGREE = log(1.2) + 1e-9  # within 20 %; 100 against 120 agrees
RULE = "quote_jump"


def find_jumps(quotes: Sequence[Sale]) -> list[Finding]:
    """All findings on one instrument's quotes, given in the order of (ts, key).

    A quote is measured against the last one that was not flagged. The one after a jump either
    agrees with it, and both stand, or it is measured against the same one as the jump was.
    """
    findings: list[Finding] = []
    standing: float | None = None
    waiting: int | None = None
    for place, quote in enumerate(quotes):
        if waiting is not None and abs(quote.log_price - quotes[waiting].log_price) <= AGREE:
            findings.append(Finding(waiting, place, None))
            standing, waiting = quote.log_price, None
            continue
        waiting = None
        if standing is None or abs(quote.log_price - standing) <= JUMP:
            standing = quote.log_price
            continue
        findings.append(Finding(place, place, Fence(RULE, standing - JUMP, standing + JUMP)))
        waiting = place
    return findings
