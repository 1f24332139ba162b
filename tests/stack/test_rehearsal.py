"""The rehearsal beside the demo: lowest in rank, and gone when the demo ends."""

from itertools import pairwise
from pathlib import Path

import psutil

from stack.demo import plans
from stack.demo.main_job import stages
from stack.demo.rehearsal import LOWEST, rehearsing
from stack.state import REPOSITORY, State
from tests.stack.test_main_job import YESTERDAY


def rehearsals() -> list[psutil.Process]:
    return [
        child for child in psutil.Process().children() if {"tether", "rehearse"} & words_of(child)
    ]


def words_of(process: psutil.Process) -> set[str]:
    return {word.rpartition(".")[2] for word in process.cmdline()}


def test_a_rehearsal_takes_what_others_leave_and_ends_with_the_block(tmp_path: Path) -> None:
    with rehearsing(State(tmp_path / "a b")):
        processes = rehearsals()
        assert len(processes) == 2
        for process in processes:
            while "rehearse" not in process.cmdline():
                assert process.is_running()
            assert process.nice() == LOWEST
    assert not any(process.is_running() for process in processes)


def test_facts_go_beside_the_night_before_them_and_the_replay_beside_the_training() -> None:
    found = stages(plans.simulated(REPOSITORY, today=YESTERDAY))
    beside = {stage.chain: before.chain[0] for before, stage in pairwise(found) if stage.beside}
    assert beside == {plans.FACTS: "dag_ingest_tcgplayer", plans.REPLAY: "dag_train_models"}
