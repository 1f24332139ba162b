"""Owns /metrics: the newest night's figures as Prometheus reads them."""

from pathlib import Path

import psycopg

from api_gw.domain.metrics import MEANING
from tests.api_gw.arrange import Arrangement
from tests.api_gw.conftest import Api

INSERT = """
insert into signals.measures (as_of, measure, subject, model_version, value, least, most, pauses,
  rows, words, measured_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, 100, '', %s)
"""
FIRST, SECOND = "2026-10-01T03:30:00Z", "2026-10-01T09:00:00Z"


def measured(arrange: Arrangement, *rows: tuple[object, ...]) -> None:
    with psycopg.connect(arrange.urls.signals_svc) as connection, connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)


def test_nothing_is_told_before_the_first_night_is_measured(own_api: Api) -> None:
    answer = own_api("/metrics")
    assert (answer.status_code, answer.text) == (200, "")


def test_the_newest_run_of_the_newest_night_is_told_with_bounds_and_alarms(
    market: Arrangement, own_api: Api
) -> None:
    measured(
        market,
        ("2026-09-29", "flip_rate", "90 d", "", 0.9, None, 0.25, True, SECOND),
        ("2026-09-30", "flip_rate", "90 d", "", 0.8, None, 0.25, True, FIRST),
        ("2026-09-30", "flip_rate", "90 d", "", 0.1, None, 0.25, True, SECOND),
        ("2026-09-30", "band_coverage", "7 d", "t-1", 0.5, 0.7, 0.9, True, SECOND),
        ("2026-09-30", "input_psi", 'a"b', "t-1", 0.3, None, 0.25, False, SECOND),
        ("2026-09-30", "inference_ms", "", "", None, None, 50, True, SECOND),
    )
    answer = own_api("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    lines = answer.text.splitlines()
    told = [line for line in lines if not line.startswith("#")]
    assert told == [
        "pricer_night_timestamp_seconds 1790812800",
        "pricer_measured_timestamp_seconds 1790845200",
        'pricer_band_coverage{subject="7 d",model_version="t-1"} 0.5',
        'pricer_flip_rate{subject="90 d",model_version=""} 0.1',
        'pricer_input_psi{subject="a\\"b",model_version="t-1"} 0.3',
        'pricer_bound{measure="band_coverage",side="least",subject="7 d",model_version="t-1"} 0.7',
        'pricer_bound{measure="band_coverage",side="most",subject="7 d",model_version="t-1"} 0.9',
        'pricer_bound{measure="flip_rate",side="most",subject="90 d",model_version=""} 0.25',
        'pricer_out_of_bounds{measure="band_coverage",subject="7 d",model_version="t-1"} 1',
        'pricer_out_of_bounds{measure="flip_rate",subject="90 d",model_version=""} 0',
    ]
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    assert "# HELP pricer_flip_rate Share of signals that changed since the night before." in lines
    assert not [line for line in lines if line.endswith("As docs/models.md says.")]


def test_every_figure_has_its_words_here_and_its_row_in_the_docs(repository: Path) -> None:
    page = (repository / "docs" / "models.md").read_text()
    source = (repository / "signals_svc").rglob("*.py")
    text = "".join(path.read_text() for path in source)
    assert {name for name in MEANING if f"`{name}`" not in page} == set()
    assert {name for name in MEANING if f'"{name}"' not in text} == set()
