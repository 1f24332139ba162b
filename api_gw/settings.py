"""What the read API reads from the environment and pricer.yaml, beyond the platform's settings."""

from pydantic import Field, SecretStr

from kernel.settings import PlatformSettings


class ApiSettings(PlatformSettings):
    """Read once, by app.py."""

    database_url: SecretStr = Field(
        validation_alias="API_GW_DATABASE_URL", description="PostgreSQL as the role api_gw"
    )
