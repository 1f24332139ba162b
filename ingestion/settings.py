"""What ingestion reads from the environment and pricer.yaml, beyond the platform's settings."""

from pydantic import Field, SecretStr

from kernel.settings import PlatformSettings


class IngestionSettings(PlatformSettings):
    """Read once, by app.py."""

    database_url: SecretStr = Field(
        validation_alias="INGESTION_DATABASE_URL", description="PostgreSQL as the role ingestion"
    )
    marketplace_url: str | None = Field(None, description="base URL of the sold-items search")
    marketplace_token: SecretStr | None = Field(None, description="bearer token of that search")
    marketplace_rate_per_min: int | None = Field(
        None, gt=0, description="requests a minute; default: etl.sources.ebay.rate_limit_per_min"
    )
    marketplace_deadline_s: float = Field(
        600, gt=0, description="longest one fetch may page through the marketplace, seconds"
    )
