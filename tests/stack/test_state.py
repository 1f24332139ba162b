"""What an installation keeps: its identity, its secrets, its lock, its supervisor's file."""

import stat
from configparser import RawConfigParser
from pathlib import Path

import pytest

from stack import lock, secret_store
from stack.program import Program, read, write
from stack.state import State
from stack.supervisor import configuration


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "a ;b #c %d" / ".stack")
    made.create()
    return made


def test_an_installation_keeps_its_random_identity(state: State, tmp_path: Path) -> None:
    identity = state.instance_id
    state.create()
    assert state.instance_id == identity
    other = State(tmp_path / "other")
    other.create()
    assert other.instance_id != identity


def test_secrets_are_generated_once_and_readable_by_the_owner_alone(state: State) -> None:
    first = secret_store.load_or_generate(state.secrets_file)
    assert secret_store.load_or_generate(state.secrets_file) == first
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE(state.secrets_file.stat().st_mode) == 0o600


def test_a_secret_that_came_later_is_added_and_the_others_stay(state: State) -> None:
    first = dict(secret_store.load_or_generate(state.secrets_file))
    state.secrets_file.write_text('{"valkey": "' + first["valkey"] + '"}')
    again = secret_store.load_or_generate(state.secrets_file)
    assert again.keys() == first.keys()
    assert again["valkey"] == first["valkey"]
    assert again["s3"] != first["s3"]


def test_a_second_holder_is_refused_kindly(state: State) -> None:
    with lock.held(state):
        assert lock.is_held(state)
        with pytest.raises(lock.AlreadyRunning, match="make down"), lock.held(state):
            pass
    assert not lock.is_held(state)


def test_a_program_file_is_private_and_read_back_as_written(state: State) -> None:
    program = Program(name="p", argv=("x", 'it\'s "here" ;%'), environment={"SECRET": "a;b%c"})
    path = write(program, state.programs / "p.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(path) == program.inheriting()


def test_supervisors_file_holds_neither_paths_nor_secrets_of_programs(state: State) -> None:
    program = Program(name="p", argv=(str(state.root),), environment={"SECRET": "hidden"})
    text = configuration(
        {"stores": [program]},
        instance_id=state.instance_id,
        port=19001,
        password="own",
        as_root=False,
    )
    assert str(state.root) not in text
    assert "hidden" not in text
    parsed = RawConfigParser()
    parsed.read_string(text)
    assert parsed["group:stores"]["programs"] == "p"
