"""Becomes another program, tied to this parent's life.

Before that it ends what a crashed predecessor of the same name left in its process group (the
workers of a killed Airflow scheduler would live for ever), and writes down its own group.
"""

import argparse
import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

from stack import process_groups

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def arguments(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="stack.tether", description=__doc__)
    parser.add_argument("--signal", required=True, help="sent to the program when its parent ends")
    parser.add_argument("--groups", type=Path, help="directory of recorded process groups")
    parser.add_argument("--program", help="name under which the group is recorded")
    parser.add_argument("--user", help="account to become (needs root)")
    cut = argv.index("--")
    return parser.parse_args(argv[:cut]), argv[cut + 1 :]


def replace_predecessor(groups: Path, program: str) -> None:
    for group in process_groups.read(groups):
        if group.program == program:
            process_groups.end(group.members(), first=signal.SIGKILL, within_s=5.0)
    process_groups.write(groups, program, os.getpid())


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


def main() -> None:
    parent = os.getppid()
    options, command = arguments(sys.argv[1:])
    if options.groups is not None:
        replace_predecessor(options.groups, options.program)
    if options.user is not None:
        become(options.user)
    # After the change of account: changing credentials clears the request.
    end_with_parent(signal.Signals[options.signal], parent)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
