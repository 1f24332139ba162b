"""Checks the receipts of a night: words, inputs, features, prices of then, models, artifacts."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from kernel.errors import Conflict
from kernel.ids import Instrument
from signals_svc.domain.features import FEATURE_VERSION, features_on
from signals_svc.domain.receipts import (
    WORDS,
    Broken,
    Rebuilt,
    Receipt,
    broken_parts,
    differs,
    told_anew,
)
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.domain.snapshot import freeze
from signals_svc.ports.models import ArtifactStore
from signals_svc.ports.stores import Stores

NAMED = 10


class ReceiptsBroken(Conflict):
    """Something a signal rests on is not what it was when the signal was said."""

    def __init__(self, as_of: date, checked: int, broken: Sequence[Broken]) -> None:
        counted = Counter(WORDS[one.part] for one in broken)
        told = ", ".join(f"{words} ({count:,})" for words, count in counted.most_common())
        first = "\n  ".join(str(one) for one in broken[:NAMED])
        super().__init__(
            f"of {checked:,} signals of {as_of} these are not what was frozen: {told}. The first:"
            f"\n  {first}\nFind out what changed them (a statement by hand, a restored backup):"
            " until then nothing proves what was said."
        )
        self.broken = tuple(broken)


class Verified(NamedTuple):
    """What was found as it was; `told_anew` rest on what is told otherwise of then now."""

    signals: int
    artifacts: int
    rebuilt: int  # instruments whose features were computed anew
    differ: int  # signals whose features came out otherwise, by their own prices or by others'
    told_anew: tuple[Receipt, ...]


def verify_receipts(
    stores: Stores, *, as_of: date, card_id: str | None, artifacts: ArtifactStore
) -> Verified:
    """Raises ReceiptsBroken, which names what is not as it was."""
    receipts = list(stores.receipts.of_night(as_of, card_id=card_id))
    keys = {version: key for one in receipts for version, key in one.artifacts.items()}
    spoilt = frozenset(
        version for version, (key, sha256) in keys.items() if artifacts.checksum(key) != sha256
    )
    broken = [part for one in receipts for part in broken_parts(one, spoilt=spoilt)]
    if broken:
        raise ReceiptsBroken(as_of, len(receipts), broken)
    rebuilt = _rebuilt(stores, as_of, receipts)
    return Verified(
        signals=len(receipts),
        artifacts=len(keys),
        rebuilt=len(rebuilt),
        differ=sum(differs(one, rebuilt) for one in receipts),
        told_anew=tuple(one for one in receipts if told_anew(one, rebuilt)),
    )


def _rebuilt(
    stores: Stores, as_of: date, receipts: Sequence[Receipt]
) -> Mapping[Instrument, Rebuilt]:
    """Of signals that name the features of this release."""
    wanted = frozenset(one.instrument for one in receipts if one.feature_version == FEATURE_VERSION)
    if not wanted:
        return {}
    bars = stores.prices.known(as_of=as_of, lookback_days=LOOKBACK_DAYS)
    facts = stores.prices.facts(first=as_of, last=as_of)
    features = features_on(bars, stores.prices.catalog(), as_of, facts)
    places = features.places(wanted)
    frozen = freeze(features, places).select("fingerprint", "raw").iter_rows()
    return {
        features.instruments[place]: Rebuilt(fingerprint, json.loads(raw))
        for place, (fingerprint, raw) in zip(places, frozen, strict=True)
    }
