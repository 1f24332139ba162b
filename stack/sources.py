"""Tells jobs where the sources are: every API at the simulator, and where its credential lies."""

from stack.site import Site

# Setting of each API's address, and its prefix at the simulator.
AT_THE_SIMULATOR = {
    "MARKETPLACE": "",
    "TCGPLAYER": "/tcgplayer",
    "TCGPLAYER_SALES": "/tcgplayer",
    "CATALOG": "/pokemontcg",
    "PSA": "/psa",
    "TRENDS": "/trends",
    "REDDIT": "/reddit",
    "X": "/x",
}
LIMITS = ("EBAY", "TCGPLAYER", "CATALOG", "PSA", "TRENDS", "REDDIT", "X")
# The simulator is ours and bears this; a real source's own limit is in pricer.yaml.
RATE_PER_MIN = 6_000

CREDENTIALS = ("ebay", "tcgplayer", "catalog", "psa", "reddit", "x")


def secret_id(prefix: str, source: str) -> str:
    """The name in Secrets Manager under which a source's credential is looked for."""
    return f"{prefix}/source/{source}"


def of_sources(site: Site) -> dict[str, str]:
    """Nothing where there is none: a job that asks one then says which settings are missing."""
    if not site.world.simulated:
        return {}
    host = site.http_url("simulator")
    return {
        **{f"PRICER_{name}_URL": f"{host}{path}" for name, path in AT_THE_SIMULATOR.items()},
        **{
            f"PRICER_ETL__SOURCES__{name}__RATE_LIMIT_PER_MIN": str(RATE_PER_MIN) for name in LIMITS
        },
        "PRICER_SECRETS_PREFIX": site.world.bucket_prefix,
    }
