"""Settings of backtests; read by app.py only."""

from pydantic import Field, SecretStr

from kernel.settings import PlatformSettings


class BacktestSettings(PlatformSettings):
    """The platform's settings and this service's own database login."""

    database_url: SecretStr = Field(
        validation_alias="BACKTEST_SVC_DATABASE_URL", description="login `backtest_svc`, reads only"
    )
