"""What ingestion reads from the environment and pricer.yaml, beyond the platform's settings."""

from pydantic import Field, SecretStr

from kernel.settings import PlatformSettings


class IngestionSettings(PlatformSettings):
    """Read once, by app.py."""

    database_url: SecretStr = Field(
        validation_alias="INGESTION_DATABASE_URL", description="PostgreSQL as the role ingestion"
    )
    maintenance_database_url: SecretStr | None = Field(
        None,
        validation_alias="MAINTENANCE_DATABASE_URL",
        description="PostgreSQL as the login maintenance, for VACUUM alone",
    )
    marketplace_url: str | None = Field(
        None, description="base URL of the sold-items search; outside `local` the real one"
    )
    marketplace_token: SecretStr | None = Field(
        None, description="bearer token of that search, instead of the secret"
    )
    tcgplayer_url: str | None = Field(None, description="base URL of TCGplayer's prices")
    tcgplayer_sales_url: str | None = Field(None, description="base URL of its product sales")
    catalog_url: str | None = Field(None, description="base URL of the card catalog")
    psa_url: str | None = Field(None, description="base URL of PSA's population reports")
    trends_url: str | None = Field(None, description="base URL of the search trends")
    reddit_url: str | None = Field(None, description="base URL of Reddit's API")
    x_url: str | None = Field(None, description="base URL of X's API")
    secrets_prefix: str | None = Field(
        None, description="credentials are the secrets <prefix>/source/<name>"
    )
    subreddit: str = Field(
        "PokemonTCG", pattern=r"^\w+$", description="where on Reddit posts are read"
    )
    facts_cards_max: int = Field(
        500, gt=0, description="cards that trends and posts are asked for: those sold most"
    )
    source_deadline_s: float = Field(
        600, gt=0, description="longest one fetch may ask one source, seconds"
    )
