"""Becomes a program written down in a file, tied to this parent's life.

    python -m stack.tether PROGRAM_FILE [GROUPS_DIRECTORY]

Before that it ends what a crashed predecessor of the same name left in its process group (the
workers of a killed Airflow scheduler would live for ever), and writes down its own group.
"""

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

from stack import process_groups
from stack.program import Program, read

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def replace_predecessor(groups: Path, program: Program) -> None:
    left = [
        member
        for group in process_groups.read(groups)
        if group.program == program.name
        for member in group.members()
    ]
    process_groups.end(left, within_s=5.0)
    process_groups.write(groups, program.name, os.getpid(), signal.Signals[program.stop_signal])


def become(user: str) -> None:
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def end_with_parent(number: signal.Signals, parent: int) -> None:
    if not sys.platform.startswith("linux"):
        return  # elsewhere the sweep at the next start does it
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        raise SystemExit(f"tether: parent {parent} ended first")


def main(program_file: str, groups: str | None = None) -> None:
    parent = os.getppid()
    program = read(Path(program_file))
    if groups is not None:
        replace_predecessor(Path(groups), program)
    os.chdir(program.directory)
    os.nice(program.niceness)
    if program.user is not None:
        become(program.user)
    # After the change of account: changing credentials clears the request.
    end_with_parent(signal.Signals[program.stop_signal], parent)
    os.execvpe(program.argv[0], program.argv, program.environment)


if __name__ == "__main__":
    main(*sys.argv[1:])
