"""`job()`: one task runs one command, `python -m <package> job <name> --options`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, BaseOperator
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
)

from dags.retries import FIRST_DELAY, NotBeforeTold, NotYet

EXIT_RETRY = 75  # EX_TEMPFAIL: the job says that something outside did not answer
EXIT_QUARANTINED = 3  # done; some rows wait in quarantine, which is for a person and no failure
GRACE_S = 10
REFUSAL = "refusal"  # where the last words of a job that failed for good are kept

RETRIES: Mapping[str, Any] = {
    "retries": 3,
    "retry_delay": FIRST_DELAY,
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=5),
    "execution_timeout": timedelta(minutes=30),
    "retry_policy": NotBeforeTold(),
}


def argv_of(package: str, name: str, options: Mapping[str, str]) -> list[str]:
    """The job's command line; an option that rendered to nothing is left out.

    `from_` stands for `--from`, which Python keeps as a word of its own.
    """
    argv = [os.environ["JOB_PYTHON"], "-m", package, "job", name]
    for key, value in options.items():
        text = str(value)
        if text not in ("", "None"):
            argv += ["--" + key.rstrip("_").replace("_", "-"), text]
    return argv


def environment_of(context: Mapping[str, Any]) -> dict[str, str]:
    """The job's environment: this process's without Airflow's own, plus the run it belongs to."""
    kept = {key: value for key, value in os.environ.items() if "AIRFLOW" not in key}
    task = context["ti"]
    return kept | {
        "RUN_ID": str(context["dag_run"].run_id),
        "JOB_ID": f"{task.dag_id}.{task.task_id}",
        "ATTEMPT": str(task.try_number),
    }


class JobOperator(BaseOperator):
    """Runs a job in a process group of its own, streams its output, maps its exit code.

    Exit 0 and 3 return the job's summary (the JSON of its last line). 75 is retried, no earlier
    than `retry_after_s` of that line where it has one; anything else is final. Killing the task
    kills the group. Where `unless` renders to true the task is skipped: nothing runs and no asset
    is announced.
    """

    template_fields: Sequence[str] = ("options", "unless")
    ui_color = "#e8f0fe"

    def __init__(
        self, *, package: str, name: str, options: dict[str, str], unless: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.package = package
        self.name = name
        self.options = options
        self.unless = unless
        self._process: subprocess.Popen[str] | None = None

    def execute(self, context: Any) -> Any:
        """Run the job to its end; AirflowException asks for a retry, AirflowFailException ends."""
        if self.unless.lower() == "true":
            raise AirflowSkipException(f"{self.name} was not asked for")
        argv = argv_of(self.package, self.name, self.options)
        self.log.info("running %s", argv[1:])
        last, said = "", ""
        with subprocess.Popen(
            argv,
            env=environment_of(context),
            cwd=os.environ["PRICER_HOME"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            start_new_session=True,
        ) as process:
            self._process = process
            assert process.stdout is not None  # noqa: S101 (stdout=PIPE above)
            try:
                for line in process.stdout:
                    last = line.rstrip("\n")
                    said = last if last and not last.startswith("{") else said
                    self.log.info("%s", last)
            except BaseException:
                # Airflow's timeout is raised here. Leaving the block waits for the job, and Airflow
                # calls on_kill only after that: a silent job would outlive its deadline.
                self.on_kill()
                raise
        message = f"{self.package} {self.name} left with {process.returncode}: {said or last}"
        if process.returncode not in (0, EXIT_QUARANTINED, EXIT_RETRY):
            # For whoever asked for the run: a failed task returns nothing, and logs are not read.
            context["ti"].xcom_push(key=REFUSAL, value=said or last)
            raise AirflowFailException(message)
        summary = json.loads(last) if last.startswith("{") else None
        if process.returncode == EXIT_QUARANTINED:
            self.log.warning("%s put rows into quarantine", self.name)
        if process.returncode != EXIT_RETRY:
            return summary
        if summary and "retry_after_s" in summary:
            raise NotYet(message, timedelta(seconds=summary["retry_after_s"]))
        raise AirflowException(message)

    def on_kill(self) -> None:
        """End the job's whole process group, politely first; nothing of it is left."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
        # The job, or children that it left behind in its group.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def job(
    package: str,
    name: str,
    /,
    *,
    outlets: Sequence[Asset] = (),
    within: timedelta | None = None,
    task: str | None = None,
    unless: str = "",
    always: bool = False,
    **options: str,
) -> JobOperator:
    """A task named after its job. Options are Jinja templates; an empty one is not passed.

    `within` is how long one attempt may take where half an hour is too short; `task` names the
    task where a DAG has the job more than once; `unless` is a template that skips it when true;
    `always` runs it whatever came of the tasks before it.
    """
    limits = {**RETRIES, "execution_timeout": within} if within else RETRIES
    return JobOperator(
        task_id=task or name,
        package=package,
        name=name,
        options=options,
        unless=unless,
        outlets=list(outlets),
        trigger_rule="all_done" if always else "all_success",
        **limits,
    )
