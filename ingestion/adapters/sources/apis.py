"""The APIs of the world: their real hosts, and how each wants to be told who asks."""

from dataclasses import dataclass

from pydantic import SecretStr

AGENT = "pokemon-pricer/1 (market research)"


@dataclass(frozen=True)
class Api:
    """One API. `bucket` names the limit it is asked under, `credential` the secret it wants.

    `url` is where it is instead of `real_host`.
    """

    name: str
    real_host: str
    setting: str
    bucket: str
    credential: str | None = None
    header: str = "Authorization"
    word: str = "Bearer "
    url: str | None = None
    per_min: int = 1

    def headers(self, token: SecretStr | None) -> dict[str, str]:
        """What every request carries."""
        told = {"User-Agent": AGENT}
        if token is not None:
            told[self.header] = f"{self.word}{token.get_secret_value()}"
        return told


APIS = (
    Api("ebay", "https://api.ebay.com", "marketplace_url", "ebay", "ebay"),
    Api("tcgplayer", "https://api.tcgplayer.com", "tcgplayer_url", "tcgplayer", "tcgplayer"),
    Api(
        "tcgplayer_sales",
        "https://mpapi.tcgplayer.com",
        "tcgplayer_sales_url",
        "tcgplayer",
        "tcgplayer",
    ),
    Api(
        "catalog",
        "https://api.pokemontcg.io",
        "catalog_url",
        "catalog",
        "catalog",
        header="X-Api-Key",
        word="",
    ),
    Api("psa", "https://api.psacard.com", "psa_url", "psa", "psa"),
    Api("trends", "https://trends.google.com", "trends_url", "trends"),
    Api("reddit", "https://oauth.reddit.com", "reddit_url", "reddit", "reddit"),
    Api("x", "https://api.x.com", "x_url", "x", "x"),
)
