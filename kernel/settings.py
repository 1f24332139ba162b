"""Settings every package shares. Defaults <- pricer.yaml <- environment; read by app.py only."""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

LEAST_KEPT_MONTHS = 24


class Section(BaseModel):
    """A frozen part of the settings; an unknown key is an error, not a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Tier(Section):
    """What one subscription tier may have."""

    alerts_max: int = Field(ge=0, description="alerts a user of the tier may keep")
    portfolios_max: int = Field(ge=0, description="portfolios a user of the tier may keep")


class Tiers(Section):
    """The subscription tiers."""

    free: Tier = Tier(alerts_max=5, portfolios_max=1)
    premium: Tier = Tier(alerts_max=50, portfolios_max=5)
    elite: Tier = Tier(alerts_max=1000, portfolios_max=50)


class App(Section):
    """Product-wide choices."""

    base_currency: Literal["USD"] = Field("USD", description="currency of all cents")
    tiers: Tiers = Tiers()


class Refresh(Section):
    """When signals are recomputed."""

    nightly_utc: str = Field("02:00", pattern=r"^\d\d:\d\d$", description="not before, UTC")
    hot_cards_cron: str = Field("*/15 * * * *", description="refresh of cards in demand")


class Signals(Section):
    """How a forecast becomes an action."""

    horizon_days: int = Field(90, gt=0, description="the horizon people see first, days")
    lambda_risk_aversion: float = Field(4.0, ge=0, description="return asked per unit of sigma")
    hysteresis: float = Field(0.02, ge=0, description="utility buffer around a change of action")
    refresh: Refresh = Refresh()


class Fees(Section):
    """Costs of a round trip, as fractions of the price."""

    buy_pct: float = Field(0.05, ge=0, lt=1)
    sell_pct: float = Field(0.10, ge=0, lt=1)
    slippage_pct: float = Field(0.00, ge=0, lt=1)


class Backtests(Section):
    """Limits and assumptions of backtests."""

    max_concurrent_per_user: int = Field(3, gt=0)
    default_fees: Fees = Fees()


class SourceLimit(Section):
    """How fast a source may be asked."""

    rate_limit_per_min: int = Field(gt=0)


class Sources(Section):
    """How fast each source may be asked, by all processes together."""

    ebay: SourceLimit = SourceLimit(rate_limit_per_min=120)
    tcgplayer: SourceLimit = SourceLimit(rate_limit_per_min=60)
    catalog: SourceLimit = SourceLimit(rate_limit_per_min=30)
    psa: SourceLimit = SourceLimit(rate_limit_per_min=30)
    trends: SourceLimit = SourceLimit(rate_limit_per_min=10)
    reddit: SourceLimit = SourceLimit(rate_limit_per_min=60)
    x: SourceLimit = SourceLimit(rate_limit_per_min=4)


class Schedules(Section):
    """When ingestion runs, UTC."""

    nightly_utc: str = Field("01:00", pattern=r"^\d\d:\d\d$")
    pop_trends_weekly: str = Field("Sun 03:00")


class Archive(Section):
    """How long single prices stay in the database."""

    keep_months: int = Field(0, ge=0, description="months of prices that stay; 0 keeps all")

    @field_validator("keep_months")
    @classmethod
    def two_years_or_all(cls, months: int) -> int:
        """Late and corrected prices of the last year or two are usual, and each brings its month
        and those of its past back."""
        if 0 < months < LEAST_KEPT_MONTHS:
            raise ValueError(f"keep at least {LEAST_KEPT_MONTHS} months, or 0 for all")
        return months


class Divergence(Section):
    """When prices of one instrument are too far apart to be published."""

    window_days: int = Field(30, gt=0, description="days of which two sources are compared")
    min_prices: int = Field(3, gt=0, description="prices a source must tell within them")
    source_factor: float = Field(2.0, gt=1, description="between the medians of two sources")
    grade_ratio_factor: float = Field(
        8.0, gt=1, description="of PSA 10 over raw, against the median of its set"
    )


class Etl(Section):
    """Ingestion."""

    sources: Sources = Sources()
    schedules: Schedules = Schedules()
    divergence: Divergence = Divergence()
    archive: Archive = Archive()


class PlatformSettings(BaseSettings):
    """What every service reads. Environment names start with PRICER_, `__` goes a level down."""

    model_config = SettingsConfigDict(
        env_prefix="PRICER_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    profile: Literal["local", "dev", "stage", "prod"] = Field(
        "local", description="where this runs"
    )
    instance_id: str = Field("none", description="which installation; probes compare it")
    app: App = App()
    signals: Signals = Signals()
    backtests: Backtests = Backtests()
    etl: Etl = Etl()
    lake_bucket_prefix: str = Field("pricer", description="buckets are <prefix>-raw and so on")
    redis_url: SecretStr | None = Field(None, description="cache; absent or down means slower")
    signal_flips_topic_arn: str | None = Field(None, description="SNS topic of signal flips")
    closes_topic_arn: str | None = Field(None, description="SNS topic of changed closes")
    closes_queue_url: str | None = Field(None, description="SQS queue of the search on that topic")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the YAML file that PRICER_CONFIG names."""
        path = os.environ.get("PRICER_CONFIG")
        if path and not Path(path).is_file():
            raise FileNotFoundError(f"PRICER_CONFIG names {path}, which is not a file")
        yaml = YamlConfigSettingsSource(settings_cls, yaml_file=path or None)
        return (init_settings, env_settings, yaml)
