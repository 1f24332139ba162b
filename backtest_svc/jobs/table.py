"""The job table."""

from collections.abc import Callable

import click

from backtest_svc.jobs.rules import add_rule_commands
from backtest_svc.jobs.running import Workshop, add_running


def jobs(workshop: Callable[[], Workshop]) -> click.Group:
    """Nothing is opened before a job runs."""

    @click.group(help="What can be done with a rule.")
    def group() -> None:
        pass

    add_rule_commands(group)
    add_running(group, workshop)
    return group
