"""A backfill of ``daily_training`` from the command line, waited for."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from uuid import uuid4

import click

from ml_pipeline.cli.runs import Outcome, execute
from ml_pipeline.settings import Settings

TAG = "ml_pipeline/backfill"
"""Run tag by which the runs of one backfill are found in the UI."""


def days_between(settings: Settings, first: str, last: str) -> list[str]:
    """The partitions from the first to the last.

    Raises:
        ValueError: One of the two does not exist, or they are the wrong way round.
    """
    for day in (first, last):
        settings.window(day)
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    if end < start:
        raise ValueError(f"--from {first} is after --to {last}")
    return [(start + timedelta(days=day)).isoformat() for day in range((end - start).days + 1)]


def run_backfill(days: Sequence[str], at_once: int) -> bool:
    """Run each day, several at a time and each in a process of its own; print how they went.

    Args:
        days: Existing partitions.
        at_once: How many runs at a time. No more than the pools of ``dagster.yaml`` let through.

    Returns:
        Whether every run succeeded.
    """
    backfill_id = uuid4().hex[:8]
    click.echo(f"{len(days)} days, {at_once} at a time; run tag {TAG}={backfill_id}")
    started = time.monotonic()
    failed: list[Outcome] = []
    for done, outcome in enumerate(_run_all(days, at_once, backfill_id), start=1):
        state = "failed" if outcome.failure else "succeeded"
        click.echo(f"[{done}/{len(days)}] {outcome.partition} {state} in {outcome.seconds:.0f} s")
        failed += [outcome] if outcome.failure else []
    seconds = time.monotonic() - started
    click.echo(f"{len(days) - len(failed)} of {len(days)} partitions succeeded in {seconds:.0f} s")
    for outcome in sorted(failed, key=lambda outcome: outcome.partition):
        click.echo(f"\n{outcome.partition}, run {outcome.run_id}: {outcome.failure}", err=True)
    return not failed


def _run_all(days: Sequence[str], at_once: int, backfill_id: str) -> Iterator[Outcome]:
    # Dagster and the definitions are imported once; every run is a fork of that process.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ml_pipeline.cli.runs", "ml_pipeline.definitions"])
    waiting = list(days)
    running: dict[Connection, tuple[str, ForkServerProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                day = waiting.pop(0)
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_run_day, args=(day, backfill_id, sender))
                process.start()
                sender.close()
                running[receiver] = (day, process)
            ended = wait(list(running))
            for receiver in [connection for connection in running if connection in ended]:
                yield _outcome(receiver, *running.pop(receiver))
    finally:
        _interrupt([process for _, process in running.values()])


def _run_day(day: str, backfill_id: str, sender: Connection) -> None:
    # A terminal's Ctrl-C, and ours, stop the run; nothing else of it reaches the terminal.
    sender.send(execute(day, {TAG: backfill_id}, log_level="CRITICAL"))


def _outcome(receiver: Connection, day: str, process: ForkServerProcess) -> Outcome:
    try:
        outcome: Outcome = receiver.recv()
    except EOFError:
        process.join()
        reason = f"its process ended with exit code {process.exitcode} before the run did"
        return Outcome(day, "unknown", 0.0, reason)
    process.join()
    return outcome


def _interrupt(processes: Sequence[ForkServerProcess]) -> None:
    """Let what is still running stop its SageMaker jobs and end."""
    for process in processes:
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGINT)
    for process in processes:
        process.join()
