"""Nightly ingest, a DAG a source: fetch as received, validate, load what is new."""

from datetime import timedelta

from airflow.sdk import DAG, Param

from dags.assets import TRADES
from dags.job import job
from dags.schedules import DAY, ingest_at

# Every source that can be asked for a day, and when. Ten minutes apart, since two of them share a
# limit and each wakes the prices; all before signals are made at 02:00. Files come by hand, through
# the first of these DAGs.
NIGHTLY = (
    ("dag_ingest_market", "marketplace", "0 1 * * *"),
    ("dag_ingest_tcgplayer", "tcgplayer", "10 1 * * *"),
    ("dag_ingest_tcgplayer_prices", "tcgplayer_prices", "20 1 * * *"),
)


def ingest(dag_id: str, source: str, cron: str) -> DAG:
    """The night of one source; a run by hand may name another."""
    with DAG(
        dag_id=dag_id,
        description=f"Prices of {source}, from outside to market.trades or reported_prices",
        schedule=ingest_at(cron),
        catchup=False,
        max_active_runs=1,
        params={
            "source": Param(source, type="string", description="which source"),
            "date": Param(None, type=["null", "string"], format="date", description="UTC day"),
            "since": Param(
                None, type=["null", "string"], format="date", description="first UTC day"
            ),
            "path": Param(
                None, type=["null", "string"], description="file or folder, for file sources"
            ),
        },
        tags=["market"],
    ) as dag:
        asked = "{{ params.source }}"
        partitions = job("ingestion", "ensure_partitions", date=DAY)
        fetch = job(
            "ingestion",
            "fetch",
            source=asked,
            date=DAY,
            since="{{ params.since or '' }}",
            path="{{ params.path or '' }}",
            # A source is asked for 45 minutes, and may end what it began.
            within=timedelta(hours=1),
        )
        validate = job("ingestion", "validate", source=asked, date=DAY)
        load = job("ingestion", "load_trades", source=asked, date=DAY, outlets=[TRADES])
        partitions >> fetch >> validate >> load
    return dag


for night in NIGHTLY:
    globals()[night[0]] = ingest(*night)
