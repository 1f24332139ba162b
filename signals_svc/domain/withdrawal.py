"""Takes back a standing BUY or SELL whose instrument has no known price left."""

import hashlib
from datetime import datetime

from kernel.ids import Instrument
from signals_svc.domain.decision import Action
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.forecast import EWMA_VERSION
from signals_svc.domain.reasons import no_prices
from signals_svc.domain.signal import Signal

DIGEST_BYTES = 16


def withdrawal(
    instrument: Instrument,
    horizon_days: int,
    *,
    asof_ts: datetime,
    previous: Action,
    last_price_cents: int,
    series: str,
) -> Signal:
    """HOLD at the price the standing signal named, without forecast and without conviction."""
    text = f"{instrument}|{horizon_days}|{asof_ts.isoformat()}|{previous}|{last_price_cents}"
    return Signal(
        instrument=instrument,
        horizon_days=horizon_days,
        asof_ts=asof_ts,
        model_version=EWMA_VERSION,
        feature_version=FEATURE_VERSION,
        action="HOLD",
        conviction=0.0,
        expected_return=None,
        risk=None,
        utility=None,
        utility_sell=None,
        p_buy=None,
        p_hold=None,
        p_sell=None,
        price_cents=last_price_cents,
        series=series,
        reasons=(no_prices(),),
        inputs={"previous": previous, "snapshot": None},
        fingerprint=hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest(),
    )
