"""Owns how answers are kept by those who have them already."""

import pytest

from api_gw.http.entity_tags import is_same
from tests.api_gw.arrange import Arrangement
from tests.api_gw.conftest import NIGHT, Api

PATHS = (
    "/search?q=charizard",
    "/cards/base1-4",
    "/cards/base1-4/history?grade=psa10",
    "/cards/base1-4/signal?grade=psa10",
    "/movers",
)


def test_who_has_the_answer_gets_304_without_a_body(api: Api) -> None:
    for path in PATHS:
        first = api(path)
        tag = first.headers["etag"]
        assert tag.startswith('"')
        again = api(path, if_none_match=tag)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert "content-length" not in again.headers


def test_good_answers_may_be_kept_for_minutes(api: Api) -> None:
    for path in PATHS:
        assert api(path).headers["cache-control"].startswith("public, max-age=")


def test_a_changed_answer_has_another_tag(market: Arrangement, own_api: Api) -> None:
    tag = own_api("/cards/base1-4").headers["etag"]
    market.signal("base1-4", "psa10", "SELL", asof=NIGHT.replace(day=2))
    again = own_api("/cards/base1-4", if_none_match=tag)
    assert again.status_code == 200
    assert again.headers["etag"] != tag


@pytest.mark.parametrize("asked_with", ['"a"', 'W/"a"', '"b", "a"', "*"])
def test_a_tag_is_found_in_every_form_of_the_header(asked_with: str) -> None:
    assert is_same('"a"', asked_with)


@pytest.mark.parametrize("asked_with", ["", '"b"', "a", '"aa"'])
def test_another_tag_is_another(asked_with: str) -> None:
    assert not is_same('"a"', asked_with)


def test_a_problem_has_no_tag(api: Api) -> None:
    assert "etag" not in api("/cards/nothing").headers
