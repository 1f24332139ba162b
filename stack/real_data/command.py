"""`python -m stack real-data`: all recorded files into fresh stores, then the page about them."""

import tempfile
from pathlib import Path

import psycopg

from stack import catalogue, front
from stack.real_data.importing import Importer
from stack.real_data.page import page
from stack.real_data.sources import all_there
from stack.say import say
from stack.state import State
from stack.world import Worlds

NOT_STORES = tuple(part.name for part in catalogue.PARTS if not part.store)


def describe_real_data(data: Path, out: Path) -> None:
    """Raises StackError at the first job that fails; the stores are gone afterwards."""
    all_there(data)
    with tempfile.TemporaryDirectory(prefix="real data ") as home:
        state = State(Path(home) / "state")
        parts = catalogue.without(NOT_STORES)
        try:
            with front.running(state, world=Worlds.IMPORTED.value, parts=parts) as stack:
                say("\nimporting")
                imported = Importer(stack.site, data).run()
                url = stack.site.database_url("ingestion")
                with psycopg.connect(url, connect_timeout=5) as connection:
                    out.write_text(page(connection, imported))
        finally:
            state.delete()
    say(f"wrote {out}")
