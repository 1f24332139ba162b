"""Runs supervisord and speaks to it: its configuration, starting programs, their state."""

import http.client
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.program import Program, tethered, write
from stack.state import State
from stack.sweep import MARK

USER = "stack"
UP_WITHIN_S = 15
POLL_S = 0.03
ANSWERED_WITHIN_S = 5.0  # it never waits for a program: `startProcess` is told not to

# No path and no program's secret is in it: a path may hold what the format gives a meaning, so
# the program files do. %(here)s is replaced after the file was parsed.
HEADER = """\
[supervisord]
nodaemon=true
silent=true
logfile=%(here)s/logs/supervisord.log
logfile_maxbytes=10MB
pidfile=%(here)s/supervisord.pid
identifier={instance_id}
{user}
[inet_http_server]
port={host}:{port}
username={username}
password={password}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

PROGRAM = """
[program:{name}]
command={python} -P -m stack.tether programs/{name}.json groups
directory=%(here)s
autostart=false
autorestart=true
startsecs=1
startretries=5
stopsignal={stop_signal}
stopwaitsecs={stop_within_s}
stopasgroup={as_group}
killasgroup=true
redirect_stderr=true
stdout_logfile=%(here)s/logs/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=1
"""


# Programs by the name of their wave, in the order of starting.
Waves = Mapping[str, Sequence[Program]]


class SupervisorDied(StackError):
    def __init__(self, log: Path) -> None:
        super().__init__(f"supervisord ended by itself. Its last words are in {log}")


class SupervisorSilent(StackError):
    def __init__(self, method: str, error: Exception, log: Path) -> None:
        super().__init__(f"supervisord did not answer {method} ({error}). Its log is {log}")


# Programs of a group are stopped together, groups one after the other, the last one first.
GROUP = """
[group:{name}]
programs={programs}
priority={priority}
"""


def configuration(
    waves: Waves, *, instance_id: str, port: int, password: str, as_root: bool
) -> str:
    header = HEADER.format(
        instance_id=instance_id,
        user="user=root\n" if as_root else "",
        host=LOOPBACK,
        port=port,
        username=USER,
        password=password,
    )
    sections = [
        PROGRAM.format(
            name=program.name,
            python=Path(sys.executable).name,  # found on the PATH that `launch` sets
            stop_signal=program.stop_signal.removeprefix("SIG"),
            stop_within_s=program.stop_within_s,
            as_group=str(program.stop_as_group).lower(),
        )
        for programs in waves.values()
        for program in programs
    ]
    groups = [
        GROUP.format(name=wave, programs=",".join(each.name for each in programs), priority=number)
        for number, (wave, programs) in enumerate(waves.items(), start=1)
    ]
    return "".join([header, *sections, *groups])


@dataclass(frozen=True)
class ProcessState:
    """`name` is supervisor's word: STARTING, RUNNING, BACKOFF, EXITED, FATAL and so on."""

    name: str
    pid: int
    said: str


class Impatient(xmlrpc.client.Transport):
    """Waits for an answer as long as it is told, not for ever."""

    def __init__(self, within_s: float) -> None:
        super().__init__()
        self._within_s = within_s

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = self._within_s
        return connection


@dataclass(frozen=True)
class Supervisor:
    process: subprocess.Popen[bytes]
    url: str
    log: Path
    wave_of: Mapping[str, str]
    answered_within_s: float = ANSWERED_WITHIN_S

    def call(self, method: str, *arguments: object) -> Any:
        """Raises SupervisorDied or SupervisorSilent."""
        # A connection a call: a kept one breaks when supervisord ends between two calls.
        transport = Impatient(self.answered_within_s)
        try:
            with xmlrpc.client.ServerProxy(self.url, transport=transport) as proxy:
                return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            self.check_alive()
            raise SupervisorSilent(method, error, self.log) from error

    def start(self, name: str) -> None:
        self.call("startProcess", f"{self.wave_of[name]}:{name}", False)

    def state_of(self, name: str) -> ProcessState:
        full_name = f"{self.wave_of[name]}:{name}"
        said = cast("dict[str, Any]", self.call("getProcessInfo", full_name))
        return ProcessState(
            name=str(said["statename"]), pid=int(said["pid"]), said=str(said["description"])
        )

    def check_alive(self) -> None:
        if self.process.poll() is not None:
            raise SupervisorDied(self.log)

    def stop(self, *, within_s: float) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def launch(state: State, waves: Waves, *, port: int, password: str, as_root: bool) -> Supervisor:
    """Must be called from the main thread: when a child's parent thread ends, so does the child."""
    wave_of = {program.name: wave for wave, programs in waves.items() for program in programs}
    for program in (program for programs in waves.values() for program in programs):
        environment = {**program.environment, MARK: state.instance_id}
        marked = replace(program, environment=environment)
        write(marked, state.programs / f"{program.name}.json")
    text = configuration(
        waves,
        instance_id=state.instance_id,
        port=port,
        password=password,
        as_root=as_root,
    )
    state.supervisor_file.touch(mode=0o600)
    state.supervisor_file.write_text(text)
    log = state.log_of("supervisord")
    process = start_process(state, log)
    url = f"http://{USER}:{password}@{LOOPBACK}:{port}/RPC2"
    supervisor = Supervisor(process=process, url=url, log=log, wave_of=wave_of)
    try:
        wait_until_it_answers(supervisor, state.instance_id)
    except BaseException:  # also when a signal asks us to stop
        supervisor.stop(within_s=5)
        raise
    return supervisor


def start_process(state: State, log: Path) -> subprocess.Popen[bytes]:
    binaries = Path(sys.executable).parent
    program = Program(
        name="supervisord",
        argv=(str(binaries / "supervisord"), "-c", str(state.supervisor_file)),
    ).inheriting()
    path = f"{binaries}:{program.environment.get('PATH', '/usr/bin:/bin')}"
    program = Program(
        name=program.name, argv=program.argv, environment={**program.environment, "PATH": path}
    )
    written = write(program, state.programs / "supervisord.json")
    with log.open("ab") as output:
        return subprocess.Popen(
            tethered(written, groups=state.groups),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only the front process
        )


def wait_until_it_answers(supervisor: Supervisor, instance_id: str) -> None:
    limit = time.monotonic() + UP_WITHIN_S
    while True:
        supervisor.check_alive()
        try:
            if supervisor.call("getIdentification") == instance_id:
                return
        except SupervisorSilent:
            pass
        if time.monotonic() > limit:
            raise SupervisorDied(supervisor.log)
        time.sleep(POLL_S)
