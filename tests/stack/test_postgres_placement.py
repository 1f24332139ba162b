"""Where PostgreSQL lives: in place for an ordinary user, outside of the project for root."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from stack.parts import postgres_binaries
from stack.parts.postgres import OtherMajorVersion, create_cluster, forget_stale_pid
from stack.parts.postgres_binaries import Binaries
from stack.parts.postgres_placement import STATE_DIRECTORY, Placement, place

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone has files outside")


@pytest.fixture
def made_up(tmp_path: Path) -> Binaries:
    root = tmp_path / "native"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "postgres").touch(mode=0o700)
    return Binaries(root=root, version="16.14", movable=True)


def test_an_ordinary_user_has_everything_in_place(tmp_path: Path, made_up: Binaries) -> None:
    placement = place(tmp_path, made_up, instance_id="x", as_root=False)
    assert placement == Placement(tmp_path / "pg", made_up.root / "bin", user=None)


@needs_root
def test_for_root_nobody_can_reach_binaries_and_data(tmp_path: Path, made_up: Binaries) -> None:
    tmp_path.chmod(0o700)
    instance_id = f"test-{os.getpid()}-placement"
    placement = place(tmp_path, made_up, instance_id=instance_id, as_root=True)
    again = place(tmp_path, made_up, instance_id=instance_id, as_root=True)
    assert again == placement
    assert placement.user == "nobody"
    assert (tmp_path / "pg").resolve() == STATE_DIRECTORY / instance_id
    assert stat.S_IMODE((placement.binaries / "postgres").stat().st_mode) & 0o005 == 0o004
    assert not placement.binaries.is_relative_to(tmp_path)
    shutil.rmtree(placement.home)


def test_data_of_another_major_version_is_refused_with_what_to_do(
    tmp_path: Path, made_up: Binaries
) -> None:
    placement = place(tmp_path, made_up, instance_id="x", as_root=False)
    placement.data.mkdir()
    (placement.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(OtherMajorVersion, match="make clean"):
        create_cluster(placement, made_up, password="unused")


def test_a_pid_file_that_names_another_program_is_removed(tmp_path: Path) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{tmp_path}\n")
    forget_stale_pid(tmp_path)
    assert not pid_file.exists()


def test_links_that_npm_did_not_make_are_made(tmp_path: Path) -> None:
    library = tmp_path / "native" / "lib"
    library.mkdir(parents=True)
    (library / "libx.so.1.2").write_text("")
    (tmp_path / "native" / "pg-symlinks.json").write_text(
        '[{"source": "native/lib/libx.so.1.2", "target": "native/lib/libx.so.1"}]'
    )
    postgres_binaries.restore_links(tmp_path)
    postgres_binaries.restore_links(tmp_path)
    assert (library / "libx.so.1").resolve() == library / "libx.so.1.2"
