"""Tells what runs: part, version, port, health, memory."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from stack import process_groups
from stack.catalogue import PARTS, Part
from stack.errors import Unhealthy
from stack.process_groups import Group
from stack.running import running_site
from stack.site import Site
from stack.state import State

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Line:
    part: str
    version: str
    port: str
    health: str
    memory: int  # bytes; shared pages are divided among those who share them (PSS)

    @property
    def is_healthy(self) -> bool:
        return self.health == "healthy"


def lines(state: State) -> list[Line] | None:
    """One for each part and for the two that run them; None when nothing runs."""
    found_running = running_site(state)
    if found_running is None:
        return None
    run, site = found_running
    groups = {group.program: group for group in process_groups.read(state.groups)}
    found = []
    for part in PARTS:
        if part.name in run.parts:
            memory = memory_of(families(groups[part.name])) if part.name in groups else 0
            found.append(asked(site, part, memory))
    supervisor = groups["supervisord"].members() if "supervisord" in groups else []
    found.append(Line("supervisord", "", str(run.ports["supervisor"]), "", memory_of(supervisor)))
    front = [psutil.Process(run.pid)] if psutil.pid_exists(run.pid) else []
    found.append(Line("front process", "", "", "", memory_of(front)))
    return found


def asked(site: Site, part: Part, memory: int) -> Line:
    port = str(site.ports[part.port]) if part.port is not None else ""
    try:
        version = part.probe(site)()
    except Unhealthy as unhealthy:
        return Line(part.name, "", port, str(unhealthy), memory)
    return Line(part.name, version, port, "healthy", memory)


def families(group: Group) -> set[psutil.Process]:
    """The members of the group and everything they started, such as jobs in their own groups."""
    family = set(group.members())
    for process in list(family):
        with suppress(psutil.Error):
            family.update(process.children(recursive=True))
    return family


def memory_of(processes: Iterable[psutil.Process]) -> int:
    return sum(proportional(process) for process in processes)


def proportional(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(full, "pss", full.rss))


def table(found: list[Line]) -> str:
    heading = ("part", "version", "port", "memory", "health")
    rows = [
        (line.part, line.version, line.port, f"{line.memory / MEGABYTE:.0f} MB", line.health)
        for line in found
    ]
    total = sum(line.memory for line in found)
    rows.append(("total", "", "", f"{total / MEGABYTE:.0f} MB", ""))
    widths = [max(len(row[column]) for row in (heading, *rows)) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heading, *rows)
    )
