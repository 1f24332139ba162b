"""What the read API reads from the environment and pricer.yaml, beyond the platform's settings."""

from pydantic import Field, SecretStr

from kernel.settings import PlatformSettings


class ApiSettings(PlatformSettings):
    """Read once, by app.py."""

    database_url: SecretStr = Field(
        validation_alias="API_GW_DATABASE_URL", description="PostgreSQL as the role api_gw"
    )
    admin_token: SecretStr | None = Field(
        None, min_length=16, description="bearer token of data engineers; without it /admin is shut"
    )
    airflow_url: str | None = Field(None, description="base URL of Airflow's REST API")
    airflow_user: str | None = Field(None, description="login at that API")
    airflow_password: SecretStr | None = Field(None, description="password of that login")
