"""The assets that chain the DAGs. An event only wakes a consumer; the work is in the dirty set."""

from airflow.sdk import Asset

TRADES = Asset(name="trades", uri="pricer://market/trades")
PRICES = Asset(name="prices", uri="pricer://market/prices_daily")
MODEL = Asset(name="model", uri="pricer://signals/models")
SIGNALS = Asset(name="signals", uri="pricer://signals/signals")
DRIFT = Asset(name="drift", uri="pricer://signals/drift")
