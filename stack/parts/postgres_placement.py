"""Decides where PostgreSQL lives and as whom it runs.

PostgreSQL refuses root, and another account cannot enter a directory that only root may enter.
So for root its files lie outside of the project, owned by `nobody`; an ordinary user has them
in place.
"""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from stack.parts.postgres_binaries import Binaries

STATE_DIRECTORY = Path("/var/lib/pokemon-pricer")
ACCOUNT = "nobody"


@dataclass(frozen=True)
class Placement:
    home: Path
    binaries: Path  # the directory of `postgres` and `initdb`
    user: str | None  # the account to become; None: stay

    @property
    def data(self) -> Path:
        return self.home / "data"

    def own(self, path: Path) -> None:
        if self.user is not None:
            account = pwd.getpwnam(self.user)
            os.chown(path, account.pw_uid, account.pw_gid)


def place(
    state: Path,
    found: Binaries,
    *,
    instance_id: str,
    as_root: bool,
    base: Path = STATE_DIRECTORY,
) -> Placement:
    """Prepares the directories; `state` is .stack, where `pg` is or points to the data's home.

    For root that home is made in `base`.
    """
    if not as_root:
        home = state / "pg"
        home.mkdir(exist_ok=True)
        return Placement(home=home, binaries=found.root / "bin", user=None)
    home = base / instance_id
    home.mkdir(parents=True, exist_ok=True)
    for directory in (base, home):  # whatever the umask says, ACCOUNT must get through
        directory.chmod(0o755)
    link = state / "pg"
    if not link.is_symlink():
        link.symlink_to(home)
    root = copy_once(found, home) if found.movable else found.root
    return Placement(home=home, binaries=root / "bin", user=ACCOUNT)


def copy_once(found: Binaries, home: Path) -> Path:
    target = home / f"postgres-{found.version}"
    if not target.exists():
        fresh = home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(found.root, fresh, symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        fresh.rename(target)
    return target
