"""Submitting an application to Spark."""

import argparse
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .configuration import Configuration
from .container import ML, read_json
from .event_logs import EVENTS, Publisher
from .files import Files
from .options import arguments_of, parse
from .reporting import SubmitError, log
from .spark import command_of, surroundings

_MAX_MESSAGE = 1024


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
        _submit(parse(sys.argv[1:]))
    except SubmitError as error:
        log.error(str(error))
        message = ML / "output" / "message"
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(str(error)[:_MAX_MESSAGE], encoding="utf-8")
        return error.exit_code
    return 0


def _submit(options: argparse.Namespace) -> None:
    resources = read_json(ML / "config" / "resourceconfig.json", {"hosts": ["algo-1"]})
    hosts = sorted(resources["hosts"])
    host = resources.get("current_host", hosts[0])
    if host != hosts[0]:
        log.info("Spark runs in local mode on %s; there is nothing to do on %s", hosts[0], host)
        return
    if len(hosts) > 1:
        log.info("Spark runs in local mode on %s alone, not on all %d hosts", host, len(hosts))
    with tempfile.TemporaryDirectory() as directory:
        configuration = Configuration(Path(directory))
        configuration.read(ML / "processing" / "input" / "conf" / "configuration.json")
        events = options.local_spark_event_logs_dir or options.spark_event_logs_s3_uri
        if events:
            EVENTS.mkdir(exist_ok=True)
            configuration.defaults.update(
                {"spark.eventLog.enabled": "true", "spark.eventLog.dir": f"file://{EVENTS}"}
            )
        files = Files(Path(directory, "s3"))
        environment = {**os.environ, **surroundings(), **configuration.write()}
        command = [*command_of(environment), *arguments_of(options, files)]
        log.info("running spark submit command: %s", " ".join(command))
        publisher = Publisher(options.local_spark_event_logs_dir)
        try:
            exit_code = subprocess.run(command, env=environment, check=False).returncode
        finally:
            publisher.close()
        if options.spark_event_logs_s3_uri:
            files.upload(EVENTS, options.spark_event_logs_s3_uri)
    if exit_code:
        exit_code = exit_code if exit_code > 0 else 128 - exit_code
        raise SubmitError(
            "Algorithm Error: (caused by CalledProcessError): spark failed with a non-zero exit "
            f"code: {exit_code}: Command '{' '.join(command)}' returned non-zero exit status "
            f"{exit_code}. See job logs for more information",
            exit_code,
        )
    log.info("spark submit was successful. primary node exiting.")


if __name__ == "__main__":
    sys.exit(main())
