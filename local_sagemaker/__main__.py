"""The daemon as a program: ``python -m local_sagemaker --home DIR --port N``.

In the foreground, unless a starter (``daemon.start``) waits for its report.
"""

import argparse
import asyncio
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from local_sagemaker.daemon import startup_report
from local_sagemaker.daemon.errors import (
    DaemonError,
    MissingExtraError,
    database_not_usable,
    home_not_usable,
)
from local_sagemaker.daemon.launcher import SUPERVISOR, without_aws
from local_sagemaker.daemon.listening import LOOPBACK, Reach
from local_sagemaker.daemon.lock import only_daemon
from local_sagemaker.home import Home


def main(arguments: Sequence[str] | None = None, supervisor: Sequence[str] = SUPERVISOR) -> int:
    """Be the daemon.

    Args:
        arguments: The command line's; the process's own by default.
        supervisor: The command that runs a job.

    Returns:
        The exit code.
    """
    options = _parse(arguments)
    if options.report is not None and os.fork():
        os._exit(0)
    os.umask(0o077)
    environment = without_aws(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    home = Home(options.home.resolve())
    try:
        reach = Reach.asked(options.host, options.allow_remote)
        _run(home, options.port, options.report, supervisor, reach)
    except DaemonError as error:
        if options.report is None:
            print(error, file=sys.stderr)
        else:
            startup_report.send(options.report, error)
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_sagemaker")
    parser.add_argument("--home", type=Path, required=True, help="the directory it serves")
    parser.add_argument("--port", type=int, required=True, help="where to listen; 0: any free one")
    parser.add_argument("--host", default=LOOPBACK, help="the address to listen on (127.0.0.1)")
    parser.add_argument(
        "--allow-remote",
        action="append",
        default=[],
        metavar="NAME",
        help="let in whoever reaches --host and calls this machine NAME: they can run programs",
    )
    parser.add_argument("--report", type=int, help="a pipe to a starter; go to the background")
    return parser.parse_args(arguments)


def _run(
    home: Home, port: int, report: int | None, supervisor: Sequence[str], reach: Reach
) -> None:
    try:
        home.create()
        with only_daemon(home):
            if report is not None:
                _turn_log_over(home)
            logging.basicConfig(
                level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
            )
            asyncio.run(_serve(home, port, report, supervisor, reach))
    except OSError as error:
        raise home_not_usable(home.root, error) from error
    except sqlite3.Error as error:
        raise database_not_usable(home.root, error) from error


async def _serve(
    home: Home, port: int, report: int | None, supervisor: Sequence[str], reach: Reach
) -> None:
    try:
        from local_sagemaker.daemon.serving import serve
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"The local SageMaker needs the package {error.name}, which is not installed: "
            "pip install 'ml-pipeline[local]'"
        ) from error

    def ready() -> None:
        if report is not None:
            startup_report.send(report, None)

    await serve(home, port, ready, supervisor, reach)


def _turn_log_over(home: Home) -> None:
    """Begin a new log, keep the last one, and print to the new one."""
    home.daemon_log.replace(home.daemon_log.with_suffix(".log.1"))
    descriptor = os.open(home.daemon_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)


def _exit(code: int) -> NoReturn:
    # Not sys.exit: it would wait for the threads of clients that wait for a queue's messages.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _exit(main())
