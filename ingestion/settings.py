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
    # 2,700 requests at TCGplayer's 60 a minute: six pages of each of 400 products.
    source_deadline_s: float = Field(
        2700,
        gt=0,
        description="how long one run asks a source for prices before it leaves the rest to the"
        " next, seconds",
    )
    # The watched cards at the two slowest limits: 1,000 requests at 10 a minute, 500 at 4.
    facts_deadline_s: float = Field(
        10_800, gt=0, description="the same for a source of facts, seconds"
    )
