"""Everything a use case reads and writes in one transaction."""

from typing import NamedTuple

from signals_svc.ports.market import DirtySet, Prices
from signals_svc.ports.models import ModelStore
from signals_svc.ports.monitoring import MonitoringStore
from signals_svc.ports.night import FeatureStore, InferenceQueue, SignalStore
from signals_svc.ports.origins import Origins
from signals_svc.ports.outbox import Outbox
from signals_svc.ports.receipts import ReceiptStore
from signals_svc.ports.replays import ReplayStore
from signals_svc.ports.scores import ScoreStore


class Stores(NamedTuple):
    """Everything a use case reads and writes in one transaction."""

    prices: Prices
    dirty: DirtySet
    queue: InferenceQueue
    features: FeatureStore
    signals: SignalStore
    models: ModelStore
    outbox: Outbox
    receipts: ReceiptStore
    scores: ScoreStore
    replays: ReplayStore
    origins: Origins
    monitoring: MonitoringStore
