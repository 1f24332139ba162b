"""Owns how much of what the market sells and how dirty it is, from PRICER_SIMULATOR_*."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

PREFIX = "PRICER_SIMULATOR_"
CARDS = 400


def _share(default: float, said: str) -> float:
    share: float = Field(default=default, ge=0, le=1, description=said)
    return share


class Dirt(BaseModel):
    """Shares of what a market gets wrong, 0 to 1 each; the same seed soils the same sales."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    duplicates: float = _share(0.002, "items that a later page of the same search repeats")
    lots: float = _share(0.003, "items of several copies at one price (`totalSoldQuantity`)")
    shills: float = _share(
        0.0004, "sales that one seller follows with three more that day at a multiple of the price"
    )
    wrong_variants: float = _share(
        0.002, "copies of another printing or language sold under the card's product"
    )
    currencies: float = _share(
        0.01, "items sold in EUR, GBP or CAD; half of them told in USD with the original beside it"
    )
    late: float = _share(0.02, "items that appear only one to six days after the sale")
    revoked: float = _share(0.003, "sales cancelled one to twenty days later")
    reclassified: float = _share(
        0.002, "sales first told with another grade and corrected one to ten days later"
    )
    wrong_links: float = _share(
        0.005, "TCGplayer products that sell a dearer printing than the map says"
    )

    @classmethod
    def none(cls) -> "Dirt":
        """A market that makes no mistakes."""
        return cls(**dict.fromkeys(cls.model_fields, 0.0))


class Faults(BaseModel):
    """Shares of all calls that fail by chance, and how; drawn from the seed, call by call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    too_many_requests: float = _share(0.0005, "calls answered 429 with Retry-After")
    server_errors: float = _share(0.0005, "calls answered 500")
    timeouts: float = _share(0.0, "calls answered only after `delay_s`")
    truncated: float = _share(0.0, "calls answered with the first half of the JSON")
    endless: float = _share(0.0, "calls whose list says that there is another page")
    retry_after_s: int = Field(default=1, ge=0, description="seconds, of a 429 by chance")
    delay_s: float = Field(
        default=60.0, gt=0, le=600, description="seconds, of a timeout by chance"
    )

    @classmethod
    def none(cls) -> "Faults":
        """Every call is answered."""
        return cls(too_many_requests=0, server_errors=0)


class MarketSettings(BaseModel):
    """What one market is: its seed, its number of cards, its dirt and faults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 7
    cards: int = Field(default=CARDS, ge=1, description="the first so many of the catalog")
    dirt: Dirt = Dirt()
    faults: Faults = Faults()


def from_environment(environment: Mapping[str, str], *, seed: int) -> MarketSettings:
    """Raises ValidationError naming the setting that is unknown, no number or out of range."""
    told = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX)
    }
    faults = {name: told.pop(name) for name in Faults.model_fields if name in told}
    cards = told.pop("cards", str(CARDS))
    return MarketSettings.model_validate(
        {"seed": seed, "cards": cards, "dirt": told, "faults": faults}
    )
