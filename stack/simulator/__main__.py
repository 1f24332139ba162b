"""Owns the command `python -m stack.simulator`: serves the marketplace on 127.0.0.1."""

import argparse
import os
import sys
from datetime import UTC, datetime

import uvicorn
from pydantic import ValidationError

from stack.simulator.app import create_app
from stack.simulator.settings import PREFIX, from_environment

DEFAULT_PORT, DEFAULT_SEED = 18_010, 7


def main() -> int:
    """Serves until it is stopped; exit code 2 when the token is missing or a setting is wrong."""
    parser = argparse.ArgumentParser(prog="python -m stack.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="another seed, other prices")
    arguments = parser.parse_args()
    token = os.environ.get("PRICER_MARKETPLACE_TOKEN", "")
    if not token:
        print("Set PRICER_MARKETPLACE_TOKEN to the token callers must send.", file=sys.stderr)
        return 2
    try:
        settings = from_environment(os.environ, seed=arguments.seed)
    except ValidationError as error:
        print(
            f"A setting {PREFIX}* is wrong; docs/simulator.md lists them.\n{error}", file=sys.stderr
        )
        return 2
    app = create_app(
        token=token,
        instance_id=os.environ.get("PRICER_INSTANCE_ID", ""),
        seed=settings.seed,
        clock=lambda: datetime.now(UTC),
        cards=settings.cards,
        dirt=settings.dirt,
        faults=settings.faults,
    )
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
