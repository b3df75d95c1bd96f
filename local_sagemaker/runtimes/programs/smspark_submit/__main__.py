"""Submitting an application to Spark."""

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path

from .configuration import Configuration
from .container import ML
from .daemons import (
    WORK,
    cluster_settings,
    master_url,
    start_master,
    start_worker,
    wait_for_master,
    wait_for_workers,
)
from .driver import run_driver
from .event_logs import EVENTS, Publisher
from .executor_output import ExecutorOutput
from .files import Files
from .hosts import Hosts, read_hosts
from .options import arguments_of, parse
from .reporting import SubmitError, log
from .signals import call, listen, wait_for_the_end
from .spark import surroundings

_MAX_MESSAGE = 1024
_MESSAGE = ML / "output" / "message"
_CONFIGURATION = ML / "processing" / "input" / "conf" / "configuration.json"


def main() -> int:
    """Submit what the command line names.

    Returns:
        The exit code: ``spark-submit``'s own if it failed.
    """
    logging.basicConfig(
        format="%(asctime)s %(name)-12s %(levelname)-8s %(message)s",
        datefmt="%m-%d %H:%M",
        level="INFO",
    )
    try:
        _take_part(parse(sys.argv[1:]), read_hosts())
    except SubmitError as error:
        log.error(str(error))
        _MESSAGE.parent.mkdir(parents=True, exist_ok=True)
        _MESSAGE.write_text(str(error)[:_MAX_MESSAGE], encoding="utf-8")
        return error.exit_code
    return 0


def _take_part(options: argparse.Namespace, hosts: Hosts) -> None:
    with tempfile.TemporaryDirectory() as directory:
        configuration = Configuration(Path(directory), hosts)
        configuration.read(_CONFIGURATION)
        if hosts.can_be_a_cluster:
            configuration.add(cluster_settings(configuration.settings, hosts))
        if options.local_spark_event_logs_dir or options.spark_event_logs_s3_uri:
            EVENTS.mkdir(exist_ok=True)
            configuration.log_events(EVENTS)
        environment = {**os.environ, **surroundings(hosts), **configuration.write()}
        if hosts.is_first:
            _lead(options, hosts, Path(directory), environment, configuration.settings)
        else:
            _follow(hosts, environment, configuration.settings)


def _follow(hosts: Hosts, environment: "Mapping[str, str]", settings: "Mapping[str, str]") -> None:
    with ExitStack() as stack:
        line = stack.enter_context(call(hosts))
        stack.enter_context(ExecutorOutput(WORK))
        worker = stack.enter_context(start_worker(hosts, environment, settings))
        wait_for_the_end(line, worker.check)
    log.info("the application on %s has ended. worker node exiting.", hosts.first)


def _lead(
    options: argparse.Namespace,
    hosts: Hosts,
    directory: Path,
    environment: "Mapping[str, str]",
    settings: "Mapping[str, str]",
) -> None:
    files = Files(directory / "s3")
    arguments = arguments_of(options, files)
    where = master_url(hosts) if hosts.can_be_a_cluster else "local[*]"
    submit = str(Path(environment["SPARK_HOME"], "bin", "spark-submit"))
    command = [submit, "--master", where, *arguments]
    with ExitStack() as stack:
        if hosts.can_be_a_cluster:
            master = stack.enter_context(start_master(hosts, environment))
            wait_for_master(hosts, master)
            # Only now do the others start their workers: one that finds no master waits for long.
            stack.enter_context(listen(hosts))
            stack.enter_context(ExecutorOutput(WORK))
            worker = stack.enter_context(start_worker(hosts, environment, settings))
            wait_for_workers(hosts, [master, worker])
        log.info("running spark submit command: %s", " ".join(command))
        with closing(Publisher(options.local_spark_event_logs_dir)):
            exit_code, cause = run_driver(command, environment)
        if options.spark_event_logs_s3_uri:
            files.upload(EVENTS, options.spark_event_logs_s3_uri)
    if exit_code:
        raise SubmitError(_explain(exit_code, cause, command), exit_code)
    if cause:
        log.warning("tasks failed and were done again, the last of them by %s", cause)
    log.info("spark submit was successful. primary node exiting.")


def _explain(exit_code: int, cause: str, command: "list[str]") -> str:
    """The image's words, and with them what is known of the cause."""
    if not cause and _MESSAGE.exists():
        # The application has said why, where the image leaves its own words.
        cause = _MESSAGE.read_text(encoding="utf-8", errors="replace")
    return (
        "Algorithm Error: (caused by CalledProcessError): spark failed with a non-zero exit code: "
        f"{exit_code}: {f'{cause}. ' if cause else ''}Command '{' '.join(command)}' returned "
        f"non-zero exit status {exit_code}. See job logs for more information"
    )


if __name__ == "__main__":
    sys.exit(main())
