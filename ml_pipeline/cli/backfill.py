"""A backfill of ``daily_training`` from the command line, waited for."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import dagster as dg
from dagster._core.storage.tags import BACKFILL_ID_TAG, PARTITION_NAME_TAG
from typing_extensions import Self

_POLL_SECONDS = 1.0
# Daemons send a heartbeat every 30 seconds.
_HEARTBEAT_SECONDS = 45.0
_FAILURE_CLASS = "dagster._core.definitions.events.Failure: "
_ENDED = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}


def run_backfill(first: str, last: str) -> bool:
    """Submit a run for each partition, see them through, and print how they went.

    A Dagster daemon is run for as long as this takes, unless one is running already.

    Args:
        first: The first partition.
        last: The last one, included.

    Returns:
        Whether every run succeeded.

    Raises:
        click.ClickException: Dagster refused the backfill, or its daemon stopped.
    """
    with dg.DagsterInstance.get() as instance, _Daemon(instance) as daemon:
        runs = _wait(instance, _submit(first, last), daemon)
        failed = [run for run in runs if run.status != dg.DagsterRunStatus.SUCCESS]
        for run in failed:
            click.echo(f"{_partition(run)} {run.status.value}: {_reason(instance, run)}", err=True)
    click.echo(f"{len(runs) - len(failed)} of {len(runs)} partitions succeeded")
    return not failed


def _submit(first: str, last: str) -> str:
    command = ["-m", "dagster", "job", "backfill", "-m", "ml_pipeline", "-j", "daily_training"]
    result = subprocess.run(
        [sys.executable, *command, "--from", first, "--to", last, "--noprompt"],
        capture_output=True,
        text=True,
        check=False,
    )
    launched = re.search(r"Launched backfill job `(\w+)`", result.stdout)
    if launched is None:
        raise click.ClickException(f"the backfill was refused:\n{result.stdout}{result.stderr}")
    return launched.group(1)


class _Daemon:
    """A Dagster daemon that sees to it that queued runs are started.

    Another one may be running, as with ``make dev``; two of them must not. One that has ended
    leaves its last heartbeat behind, so only a new heartbeat tells that there is one.

    Args:
        instance: Whose runs.
    """

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance
        self._log = Path(instance.root_directory) / "daemon.log"
        self._since = time.time()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._instance.wipe_daemon_heartbeats()

    def ensure(self) -> None:
        """Start one as soon as it is certain that there is none.

        Raises:
            click.ClickException: The one that was started has stopped.
        """
        if self._process is not None:
            if self._process.poll() is not None:
                raise click.ClickException(f"Dagster's daemon stopped: see {self._log}")
            return
        last = max(
            (beat.timestamp for beat in self._instance.get_daemon_heartbeats().values()), default=0
        )
        recent = time.time() - _HEARTBEAT_SECONDS
        if last < recent or (last < self._since and self._since < recent):
            command = [sys.executable, "-m", "dagster._daemon", "run", "-m", "ml_pipeline"]
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(command, stdout=log, stderr=log)


def _wait(
    instance: dg.DagsterInstance, backfill_id: str, daemon: _Daemon
) -> Sequence[dg.DagsterRun]:
    shown: Counter[str] = Counter()
    while True:
        daemon.ensure()
        runs = instance.get_runs(dg.RunsFilter(tags={BACKFILL_ID_TAG: backfill_id}))
        counts = Counter(run.status.value for run in runs)
        if counts != shown:
            click.echo(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
            shown = counts
        if all(run.status in _ENDED for run in runs):
            return sorted(runs, key=_partition)
        time.sleep(_POLL_SECONDS)


def _partition(run: dg.DagsterRun) -> str:
    return run.tags[PARTITION_NAME_TAG]


def _reason(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """The first failure of a run, in the words of the step that failed."""
    failures = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    for entry in failures:
        event = entry.dagster_event
        if event is not None and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            return (error.cause or error).message.strip().removeprefix(_FAILURE_CLASS)
    return f"see run {run.run_id}"
