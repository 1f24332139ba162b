"""An empty database of the platform beside the store, for copies of it that nobody else reads."""

from psycopg import sql

from stack.bootstrap.databases import MIGRATOR, create_platform
from stack.site import Site


def scratch_database(site: Site) -> dict[str, str]:
    """Make it anew, with the newest migrations; what whoever uses it has to be told."""
    name = f"{site.world.database}_scratch"
    with site.cluster.administer() as connection:
        drop = sql.SQL("drop database if exists {} with (force)")
        connection.execute(drop.format(sql.Identifier(name)))
    create_platform(site.cluster, name, repository=site.repository)
    return {"SIGNALS_SVC_SCRATCH_DATABASE_URL": site.cluster.url(MIGRATOR, name)}
