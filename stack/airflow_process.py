"""Runs an Airflow command with rare garbage collection: the api-server starts a quarter sooner.

Building its 825 routes makes millions of objects that stay; the collector would walk them all
again and again.
"""

import gc
import runpy

# Objects made before the collector looks; Python's default is 700.
THRESHOLD = 100_000

if __name__ == "__main__":
    gc.set_threshold(THRESHOLD)
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)
