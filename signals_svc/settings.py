"""Settings of the signals service; read by app.py only."""

from pydantic import Field, SecretStr

from kernel.settings import PlatformSettings


class SignalsSettings(PlatformSettings):
    """The platform's settings and this service's own database login."""

    database_url: SecretStr = Field(
        validation_alias="SIGNALS_SVC_DATABASE_URL", description="login `signals_svc`"
    )
    admin_token: SecretStr | None = Field(
        None, min_length=16, description="bearer token of insiders; without it /internal is shut"
    )
    scratch_database_url: SecretStr | None = Field(
        None,
        validation_alias="SIGNALS_SVC_SCRATCH_DATABASE_URL",
        description="an empty, migrated database for the proof of no lookahead, login `migrations`",
    )
