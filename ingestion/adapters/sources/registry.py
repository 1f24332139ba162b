"""Finds a source by name and gives it its door: address, credential, rate, breaker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from ingestion.adapters.sources.apis import Api
from ingestion.adapters.sources.breaker import Breaker, LocalBreaker
from ingestion.adapters.sources.credentials import Credentials
from ingestion.adapters.sources.edge import Edge
from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format, shipped_names
from ingestion.adapters.sources.limits import Limit, Rate
from ingestion.adapters.sources.marketplace import MarketplaceSource
from ingestion.adapters.sources.tcgplayer import (
    TcgplayerPrices,
    TcgplayerSales,
    product_ids,
)
from ingestion.ports.sources import Source
from kernel.errors import Rejected

# The name the seed gives the marketplace; its prices stand under `marketplace`.
ALIASES = {"ebay": "marketplace"}
# A run of hot cards is over before the next one begins, a quarter of an hour later.
HOT_DEADLINE_S = 600.0


class SourceNotSet(Rejected):
    """Nobody said where a source is."""

    title = "Settings incomplete"

    def __init__(self, api: Api) -> None:
        wanted = f"set PRICER_{api.setting.upper()}"
        if api.credential is not None:
            wanted += f" and store the secret <PRICER_SECRETS_PREFIX>/source/{api.credential}"
        super().__init__(f"{wanted} to fetch from {api.name}")
        self.api = api.name


class NotByProduct(Rejected):
    """A source that cannot be asked for single products."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} cannot be asked for single products; use marketplace or tcgplayer"
        )


@dataclass(frozen=True)
class Registry:
    """Every source of this process. `real` lets an API without an address mean its real host."""

    apis: Mapping[str, Api]
    credentials: Credentials
    limit: Callable[[], Limit]
    deadline_s: float
    real: bool
    mapped: Callable[[str], Sequence[str]]  # products of a source's product map
    overrides: Mapping[str, SecretStr] = field(default_factory=dict)  # tokens set by environment
    breaker: Callable[[], Breaker] = LocalBreaker
    facts_deadline_s: float | None = None

    def source(self, name: str) -> Source:
        """A marketplace by name, or files read through a shipped or a user's own mapping."""
        name = ALIASES.get(name, name)
        mapping = find_format(name)
        if name == "marketplace":
            return MarketplaceSource(mapping, self.edge("ebay"))
        if name == "tcgplayer":
            return TcgplayerSales(mapping, self.edge("tcgplayer_sales"), self._tcgplayer)
        if name == "tcgplayer_prices":
            return TcgplayerPrices(mapping, self.edge("tcgplayer"), self._tcgplayer)
        return FileSource(mapping)

    def sharing_map(self, found: Source) -> Sequence[Source]:
        """The source, and every shipped one that is read by the same product map."""
        mapping = found.mapping
        shared = [
            self.source(name)
            for name in shipped_names()
            if name != mapping.source and find_format(name).mapped_as == mapping.mapped_as
        ]
        return [found, *shared]

    def of_products(self, name: str, products: Sequence[str]) -> Source:
        """The same source, asked for these products alone. Raises NotByProduct."""
        found = self.source(name)
        if not isinstance(found, MarketplaceSource | TcgplayerSales):
            raise NotByProduct(name)
        edge = replace(found.edge, deadline_s=min(self.deadline_s, HOT_DEADLINE_S))
        if isinstance(found, MarketplaceSource):
            return replace(found, products=tuple(products), edge=edge)
        return replace(found, products=lambda: product_ids(products), edge=edge)

    def fact_edge(self, name: str) -> Edge:
        """The door of an API that tells facts, for as long as a run of facts may ask."""
        return replace(self.edge(name), deadline_s=self.facts_deadline_s or self.deadline_s)

    def edge(self, name: str) -> Edge:
        """The door of one API; its address and credential are looked at when it is used."""
        api = self.apis[name]
        url = api.url or (api.real_host if self.real else None)
        return Edge(
            source=api.name,
            base_url=self._address(api, url),
            rate=Rate(api.bucket, api.per_min),
            deadline_s=self.deadline_s,
            headers=lambda: api.headers(self._token(api)),
            advice=self._advice(api),
            limit=self.limit(),
            breaker=self.breaker(),
        )

    def _tcgplayer(self) -> Sequence[str]:
        return product_ids(self.mapped("tcgplayer"))

    def _address(self, api: Api, url: str | None) -> Callable[[], str]:
        def address() -> str:
            if url is None:
                raise SourceNotSet(api)
            return url

        return address

    def _token(self, api: Api) -> SecretStr | None:
        if api.credential is None:
            return None
        return self.overrides.get(api.credential) or self.credentials.token(api.credential)

    def _advice(self, api: Api) -> str:
        if api.credential is None:
            return "it wants a credential that there is none for"
        where = f"renew the secret {self.credentials.prefix or '<prefix>'}/source/{api.credential}"
        if api.credential in self.overrides:
            return f"set PRICER_MARKETPLACE_TOKEN, or take it out and {where}"
        return where
