"""VACUUM ANALYZE as the login `maintenance`: outside a transaction, table by table."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql
from pydantic import SecretStr

from kernel.db.session import CONNECT_TIMEOUT_S, DatabaseAway

# Tables this login may act for that changed since they were last looked at, the most first;
# partitioned parents have no changes of their own and are only analysed.
CHANGED = """
select n.nspname, c.relname, c.relkind = 'p' as parent, pg_get_userbyid(c.relowner)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
left join pg_stat_all_tables s on s.relid = c.oid
where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and pg_has_role(current_user, c.relowner, 'member')
  and (c.relkind = 'p' or s.n_dead_tup + s.n_mod_since_analyze + s.n_ins_since_vacuum > 0)
order by parent, s.n_dead_tup + s.n_mod_since_analyze desc nulls last, 1, 2
"""


@dataclass(frozen=True)
class Vacuum:
    """Port Sweeper. `now` counts seconds."""

    url: SecretStr
    now: Callable[[], float]

    def sweep(self, *, within_s: float) -> tuple[list[str], int]:
        """Tables that were done, and how many are left to another night. Raises DatabaseAway.

        A table that somebody has locked is skipped, and done another night.
        """
        ends_at = self.now() + within_s
        done: list[str] = []
        try:
            with psycopg.connect(
                self.url.get_secret_value(), connect_timeout=CONNECT_TIMEOUT_S, autocommit=True
            ) as connection:
                tables = connection.execute(CHANGED).fetchall()
                for schema, name, parent, owner in tables:
                    if self.now() > ends_at:
                        break
                    what = sql.SQL("analyze {}" if parent else "vacuum (analyze, skip_locked) {}")
                    # The login inherits nothing: it is the owner for this statement alone.
                    connection.execute(sql.SQL("set role {}").format(sql.Identifier(owner)))
                    connection.execute(what.format(sql.Identifier(schema, name)))
                    connection.execute("reset role")
                    done.append(f"{schema}.{name}")
        except psycopg.OperationalError as error:
            raise DatabaseAway(error) from error
        return done, len(tables) - len(done)
