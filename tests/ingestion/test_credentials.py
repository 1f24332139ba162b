"""Credentials of sources from a real Secrets Manager, and what happens without them."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from fastapi.responses import Response

from ingestion.adapters.sources.apis import APIS
from ingestion.adapters.sources.breaker import FAILURES, LocalBreaker
from ingestion.adapters.sources.credentials import CredentialMissing, Credentials
from ingestion.adapters.sources.limits import LocalLimit
from ingestion.adapters.sources.registry import NotByProduct, Registry, SourceNotSet
from ingestion.adapters.sources.tcgplayer import TcgplayerSales
from ingestion.domain.errors import SourceRefused, SourceUnavailable
from stack.bootstrap.source_secrets import store_credentials
from stack.ports import PortBook
from stack.sources import AT_THE_SIMULATOR, CREDENTIALS, LIMITS
from tests.fixtures.s3 import AwsAccess
from tests.ingestion.api import Api, made_api


@pytest.fixture
def manager(aws: AwsAccess, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)
    return boto3.client("secretsmanager")


@pytest.fixture
def api(port_book: PortBook, first_port: int) -> Iterator[Api]:
    with made_api(port_book.take("tokens", first_port)) as made:
        yield made


def test_the_bootstrap_stores_what_the_sources_look_for(manager: Any) -> None:
    for token in ("first", "second"):
        store_credentials(manager, prefix="boot", token=token)
        found = Credentials("boot")
        assert {found.token(name).get_secret_value() for name in CREDENTIALS} == {token}


def test_the_stack_names_every_api_and_limit() -> None:
    assert {f"{name.lower()}_url" for name in AT_THE_SIMULATOR} == {api.setting for api in APIS}
    assert {name.lower() for name in LIMITS} == {api.bucket for api in APIS}
    assert set(CREDENTIALS) == {api.credential for api in APIS if api.credential}


@pytest.mark.parametrize(
    ("prefix", "words"),
    [(None, "set PRICER_SECRETS_PREFIX"), ("nobody", "ResourceNotFoundException.*nobody/source/x")],
)
def test_there_is_no_credential_by_default(manager: Any, prefix: str | None, words: str) -> None:
    with pytest.raises(CredentialMissing, match=words):
        Credentials(prefix).token("x")


@pytest.mark.parametrize("stored", ["plain words", "[]", '{"token": ""}', '{"client_id": "a"}'])
def test_a_secret_of_no_use_is_not_told_in_the_error(manager: Any, stored: str) -> None:
    manager.create_secret(Name=f"odd-{hash(stored)}/source/x", SecretString=stored)
    with pytest.raises(CredentialMissing) as missing:
        Credentials(f"odd-{hash(stored)}").token("x")
    assert "plain words" not in str(missing.value)


def test_a_manager_that_is_away_is_worth_a_retry(
    manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(SourceUnavailable, match="Secrets Manager"):
        Credentials("boot").token("x")


def test_a_pair_is_exchanged_for_a_token_until_it_runs_out(manager: Any, api: Api) -> None:
    pair = {"client_id": "me", "client_secret": "mine", "token_url": f"{api.url}/token"}
    manager.create_secret(Name="pair/source/reddit", SecretString=json.dumps(pair))
    now, given = 0.0, iter(range(9))

    def answer(path: str, params: dict[str, str], body: Any) -> Any:
        return {"access_token": f"t{next(given)}", "expires_in": 3600, "token_type": "bearer"}

    api.answer = answer
    credentials = Credentials("pair", now=lambda: now)
    assert [credentials.token("reddit").get_secret_value() for _ in range(2)] == ["t0", "t0"]
    now = 3600.0
    assert credentials.token("reddit").get_secret_value() == "t1"
    api.answer = lambda path, params, body: Response("mine is wrong", status_code=400)
    with pytest.raises(SourceRefused, match="HTTP 400") as refused:
        Credentials("pair").token("reddit")
    assert "mine" not in str(refused.value)
    api.answer = lambda path, params, body: Response(status_code=503)
    with pytest.raises(SourceUnavailable):
        Credentials("pair").token("reddit")


def registry(*, real: bool) -> Registry:
    return Registry(
        apis={api.name: api for api in APIS},
        credentials=Credentials(None),
        limit=LocalLimit,
        deadline_s=1,
        real=real,
        mapped=lambda source: [],
    )


def test_outside_a_laptop_an_api_without_an_address_is_its_real_host() -> None:
    hosts = {name: registry(real=True).edge(name).base_url() for name in ("ebay", "psa", "x")}
    assert hosts == {
        "ebay": "https://api.ebay.com",
        "psa": "https://api.psacard.com",
        "x": "https://api.x.com",
    }
    with pytest.raises(SourceNotSet, match="set PRICER_PSA_URL and store the secret"):
        registry(real=False).edge("psa").base_url()


def test_ebay_is_the_marketplace_and_its_two_doors_share_what_is_shared() -> None:
    found = registry(real=True)
    assert found.source("ebay").mapping.source == "marketplace"
    prices, sales = found.edge("tcgplayer"), found.edge("tcgplayer_sales")
    assert prices.rate == sales.rate
    breaker = LocalBreaker()
    for _ in range(FAILURES):
        breaker.failed(prices.source)
    assert breaker.admit(prices.source) > 0
    assert breaker.admit(sales.source) == 0, "one door of an API that fails closes no other"


def test_sources_that_are_asked_by_product_can_be_asked_for_some_alone() -> None:
    asked = registry(real=True).of_products("tcgplayer", ["451784:Holofoil", "451784:Normal"])
    assert isinstance(asked, TcgplayerSales)
    assert list(asked.products()) == ["451784"]
    with pytest.raises(NotByProduct, match="use marketplace or tcgplayer"):
        registry(real=True).of_products("plain_sales", ["1"])
