"""Owns what the receipt of a signal tells, and that it names what was altered since."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from kernel.receipts import PARTS, digests_of, receipt_hash
from tests.api_gw.arrange import Arrangement
from tests.api_gw.conftest import NIGHT, Api

PATH = "/cards/base1-4/signal/receipt?grade=psa10"
CONTENTS = "select signal_id, said, inputs, snapshot, models from signals.receipt_contents(%s)"


def freeze(market: Arrangement) -> None:
    """Receipts of everything said so far, as the night writes them."""
    with psycopg.connect(market.urls.signals_svc) as connection:
        connection.execute("set timezone = 'America/New_York'")  # no session's zone may matter
        ids = connection.execute(
            "select array_agg(signal_id) from signals.signals s"
            " where not exists (select from signals.receipts r where r.signal_id = s.signal_id)"
        ).fetchone()
        for signal_id, *contents in connection.execute(CONTENTS, ids).fetchall():
            digests = digests_of(dict(zip(PARTS, contents, strict=True)))
            connection.execute(
                "insert into signals.receipts values (%s, %s, %s, %s, %s, %s)",
                (signal_id, *digests.values(), receipt_hash(digests)),
            )


def told(api: Api, path: str = PATH) -> dict[str, Any]:
    answer = api(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_receipt_shows_what_was_hashed_and_that_it_still_is_that(
    market: Arrangement, own_api: Api
) -> None:
    freeze(market)
    found = told(own_api)
    assert (found["intact"], found["altered"], found["heard"]) == (True, [], False)
    parts = {part["name"]: part for part in found["parts"]}
    assert tuple(parts) == PARTS
    assert parts["said"]["content"]["action"] == "BUY"
    assert parts["said"]["content"]["known_at"] == "2026-10-01T00:00:00+00:00"
    digests = digests_of({name: part["content"] for name, part in parts.items()})
    assert {name: part["digest"] for name, part in parts.items()} == digests
    assert receipt_hash(digests) == found["hash"]


def test_what_was_altered_is_named(market: Arrangement, own_api: Api) -> None:
    freeze(market)
    with psycopg.connect(market.urls.superuser) as connection:
        connection.execute("update signals.signals set action = 'SELL' where horizon_days = 90")
    found = told(own_api)
    assert (found["intact"], found["altered"]) == (False, ["said"])
    assert told(own_api, f"{PATH}&horizon=7")["intact"] is True


def test_a_signal_without_a_receipt_proves_nothing(own_api: Api) -> None:
    found = told(own_api)
    assert (found["intact"], found["hash"], found["altered"]) == (False, None, list(PARTS))


def test_the_receipt_is_of_the_signal_known_at_the_moment(
    market: Arrangement, own_api: Api
) -> None:
    later = NIGHT + timedelta(hours=4)
    market.signal("base1-4", "psa10", "SELL", asof=NIGHT, known_at=later, model="classifier-1")
    freeze(market)
    assert told(own_api)["known_at"] == "2026-10-01T04:00:00Z"
    before = told(own_api, f"{PATH}&as_of=2026-10-01T03:00:00Z")
    assert before["known_at"] == "2026-10-01T00:00:00Z"
    assert before["parts"][0]["content"]["action"] == "BUY"
    assert before["intact"] is True


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/cards/base9-9/signal/receipt", "There is no card"),
        ("/cards/base1-4/signal/receipt?grade=psa1", "no price as psa1"),
        ("/cards/base1-4/signal/receipt?grade=psa10&horizon=5", "signal: 7, 30, 90 days"),
        ("/cards/base1-4/signal/receipt?grade=psa10&as_of=2026-09-30T00:00:00Z", "It has none"),
    ],
)
def test_what_is_missing_is_named(api: Api, path: str, said: str) -> None:
    answer = api(path)
    assert answer.status_code == 404
    assert said in answer.json()["detail"]
