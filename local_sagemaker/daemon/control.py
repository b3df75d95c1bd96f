"""Starting, finding and stopping the daemon of a home.

There is one daemon a home. A file in the home says where it listens, and it is what that file says
only if it answers. This module needs nothing but the standard library.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from local_sagemaker.daemon import startup_report
from local_sagemaker.daemon.errors import (
    AlreadyRunningError,
    DaemonError,
    NotRunningError,
    database_not_usable,
    home_not_usable,
)
from local_sagemaker.daemon.health import Endpoint, ask
from local_sagemaker.daemon.job_endings import stop_all
from local_sagemaker.daemon.launcher import without_aws
from local_sagemaker.daemon.lock import only_daemon
from local_sagemaker.daemon.record import DaemonRecord
from local_sagemaker.events import QUEUE_VARIABLE
from local_sagemaker.home import Home
from local_sagemaker.process import ProcessId
from local_sagemaker.records.store import JobStore

_IMPORT_ROOT = Path(__file__).resolve().parents[2]
"""Where Python finds this package, also when it is not installed."""

_START_SECONDS = 30.0
_TURN_SECONDS = 1.0
_STOP_SECONDS = 10.0
_JOB_SECONDS = 30.0
_LOOK_SECONDS = 0.02
_LOG_TAIL_BYTES = 2000


def ensure_started(home: Path, port: int, events_queue: str | None = None) -> Endpoint:
    """The daemon of a home, started if it does not run.

    Any number of processes may call this at once: one daemon comes of it.

    Args:
        home: The home directory; made if it is not there.
        port: Where on 127.0.0.1 it is to listen; 0 for wherever it does, or any free port.
        events_queue: The queue that a daemon which is started is to tell of its jobs; without one,
            what the environment says.

    Raises:
        PortInUseError: Another program has the port.
        MissingExtraError: The packages of the ``local`` extra are not installed.
        DaemonError: It cannot run for another reason, or listens on another port.
    """
    endpoint = status(home) or start(home, port, events_queue)
    if port not in {0, endpoint.port}:
        raise DaemonError(
            f"The local SageMaker of {endpoint.home} listens on port {endpoint.port}, not {port}: "
            f"set ML_PIPELINE_LOCAL_PORT={endpoint.port}, or stop it with: ml-pipeline local stop"
        )
    return endpoint


def start(home: Path, port: int, events_queue: str | None = None) -> Endpoint:
    """Start the daemon of a home and wait until it serves; one that runs already is as good.

    It outlives its starter and the terminal. Its output goes to ``daemon.log`` in the home.

    Raises:
        DaemonError: As ``ensure_started``.
    """
    place = Home(home.resolve())
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            _spawn(place, port, events_queue)
        except AlreadyRunningError:
            # Another starter's, which may yet fail, or one that is about to end.
            endpoint = _await(place, _TURN_SECONDS)
            if endpoint is None and time.monotonic() > deadline:
                raise
        else:
            endpoint = _await(place, _START_SECONDS)
            if endpoint is None:
                raise DaemonError(f"The local SageMaker does not answer.{_log_tail(place)}")
        if endpoint is not None:
            return endpoint


def status(home: Path) -> Endpoint | None:
    """The daemon of a home; None if there is none that answers."""
    place = Home(home.resolve())
    record = DaemonRecord.read(place.daemon_record)
    endpoint = ask(record.port) if record else None
    return endpoint if endpoint and endpoint.home == place.root else None


def environment(home: Path) -> dict[str, str]:
    """The variables that connect any AWS client to the daemon of a home.

    Raises:
        NotRunningError: There is none.
    """
    endpoint = status(home)
    if endpoint is None:
        raise NotRunningError(
            f"No local SageMaker runs for {home.resolve()}. Start it with: ml-pipeline local start"
        )
    return endpoint.environment


def stop(home: Path, *, stop_jobs: bool = True) -> bool:
    """Stop the daemon of a home, and the jobs that run.

    Args:
        home: The home directory.
        stop_jobs: Whether jobs are stopped too. They are asked to, while the service is still there
            for them, and get 30 seconds to end; their status is then ``Stopped``. Otherwise they
            run on by themselves, and the next daemon finds them as they are by then.

    Returns:
        Whether there was a daemon.

    Raises:
        DaemonError: The daemon could not be ended.
    """
    place = Home(home.resolve())
    try:
        if stop_jobs:
            _stop_jobs(place)
    finally:
        record = DaemonRecord.read(place.daemon_record)
        running = record is not None and record.process.alive()
        if record is not None and running:
            _end(record.process)
        place.daemon_record.unlink(missing_ok=True)
    if stop_jobs:
        _stop_jobs(place)  # The ones that came in between.
    return running


def reset(home: Path, *, everything: bool = False) -> None:
    """Delete all jobs, logs and objects of a home.

    Args:
        home: The home directory.
        everything: Whether to delete the runtimes too, which take minutes to build again.

    Raises:
        DaemonError: The daemon or a job runs.
    """
    place = Home(home.resolve())
    if not place.root.is_dir():
        return
    with only_daemon(place):
        names = ", ".join(_running_jobs(place))
        if names:
            raise DaemonError(f"Jobs still run: {names}. Stop them with: ml-pipeline local stop")
        place.clear(runtimes=everything)


def _stop_jobs(place: Home) -> None:
    try:
        stop_all(place, _JOB_SECONDS)
    except sqlite3.Error as error:
        raise database_not_usable(place.root, error) from error


def _running_jobs(place: Home) -> list[str]:
    if not place.job_database.exists():
        return []
    try:
        jobs = JobStore(place.job_database).unfinished()
    except sqlite3.DatabaseError:
        return []  # A broken one is what a reset is for.
    return [job.name for job in jobs if job.supervisor and job.supervisor.alive()]


def _spawn(place: Home, port: int, events_queue: str | None) -> None:
    """Start a daemon and wait until it says that it serves."""
    try:
        place.create()
        serves = _report(place, port, events_queue)
    except OSError as error:
        raise home_not_usable(place.root, error) from error
    if not serves:
        raise DaemonError(f"The local SageMaker did not start.{_log_tail(place)}")


def _report(place: Home, port: int, events_queue: str | None) -> bool:
    """Start a daemon; whether it says that it serves."""
    path = [str(_IMPORT_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    queue = {QUEUE_VARIABLE: events_queue} if events_queue else {}
    reading, writing = os.pipe()
    try:
        command = [sys.executable, "-m", "local_sagemaker"]
        options = ["--home", str(place.root), "--port", str(port), "--report", str(writing)]
        log = os.open(place.daemon_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # It forks, and the process that is started here ends at once: no zombie is left to us.
            subprocess.run(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**without_aws(os.environ), **queue, "PYTHONPATH": os.pathsep.join(path)},
                pass_fds=[writing],
                start_new_session=True,
                check=False,
            )
        finally:
            os.close(log)
            os.close(writing)
        return startup_report.receive(reading, _START_SECONDS)
    finally:
        os.close(reading)


def _await(place: Home, timeout: float) -> Endpoint | None:
    deadline = time.monotonic() + timeout
    endpoint = status(place.root)
    while endpoint is None and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        endpoint = status(place.root)
    return endpoint


def _end(process: ProcessId) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        process.signal(number)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            if not process.alive():
                return
            time.sleep(_LOOK_SECONDS)
    raise DaemonError(f"Process {process.pid}, the local SageMaker, cannot be ended.")


def _log_tail(place: Home) -> str:
    try:
        tail = place.daemon_log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
    except OSError as error:
        tail = str(error)
    return f" The end of {place.daemon_log}:\n{tail}"
