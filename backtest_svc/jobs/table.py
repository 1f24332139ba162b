"""The job table."""

import click

from backtest_svc.jobs.rules import add_rule_commands


def jobs() -> click.Group:
    """Nothing is opened before a job runs."""

    @click.group(help="What can be done with a rule.")
    def group() -> None:
        pass

    add_rule_commands(group)
    return group
