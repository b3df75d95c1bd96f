"""Spark's own cluster: the master, and the workers that start executors."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .hosts import Hosts
from .reporting import SubmitError, log

WORK = Path("/tmp/spark-work")  # noqa: S108 - the container's own
"""Where executors run."""

_PORT, _PAGE = 7077, 8080
_WAIT_SECONDS = 120
_LOOK_SECONDS = 0.2
# Cores are what limits the executors of a worker. Memory is the machine's, which all hosts share
# and the service limits; of a worker that offered too little an application would wait for more.
_MEMORY = "1t"
# Both do next to nothing; they are to start soon.
_QUICK_START = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"


def master_url(hosts: Hosts) -> str:
    """Where applications are submitted to."""
    return f"spark://{hosts.first}:{_PORT}"


class Daemon:
    """A master or a worker, until the block ends.

    Args:
        what: What to call it in messages.
        host: Where it runs.
        words: Spark's class, and its arguments.
        environment: Its environment; see ``spark.surroundings``.
    """

    def __init__(
        self, what: str, host: str, words: "list[str]", environment: "Mapping[str, str]"
    ) -> None:
        self._name = f"Spark's {what} on {host}"
        program = str(Path(environment["SPARK_HOME"], "bin", "spark-class"))
        self._process = subprocess.Popen(
            [program, *words],
            env={
                **environment,
                "SPARK_DAEMON_MEMORY": "256m",
                "SPARK_DAEMON_JAVA_OPTS": _QUICK_START,
            },
        )

    def __enter__(self) -> "Daemon":
        return self

    def __exit__(self, *_: object) -> None:
        # It has nothing to save, and its executors have nothing left to do.
        self._process.kill()
        self._process.wait()

    def check(self) -> None:
        """See that it runs.

        Raises:
            SubmitError: It does not.
        """
        code = self._process.poll()
        if code is not None:
            raise SubmitError(
                f"{self._name} ended with exit code {code}; the log of {self._name.split()[-1]} "
                "says why"
            )


def start_master(hosts: Hosts, environment: "Mapping[str, str]") -> Daemon:
    """Start the master, on the first host."""
    words = ["org.apache.spark.deploy.master.Master", "--host", hosts.first]
    words += ["--port", str(_PORT), "--webui-port", str(_PAGE)]
    return Daemon("master", hosts.current, words, environment)


def start_worker(
    hosts: Hosts, environment: "Mapping[str, str]", settings: "Mapping[str, str]"
) -> Daemon:
    """Start this host's worker.

    Args:
        hosts: The job's.
        environment: Its environment, which executors get too.
        settings: Spark's; they say how many executors of how many cores are wanted.
    """
    words = ["org.apache.spark.deploy.worker.Worker", master_url(hosts), "--host", hosts.current]
    words += ["--cores", str(cores_offered(settings, len(hosts.names))), "--memory", _MEMORY]
    words += ["--work-dir", str(WORK)]
    return Daemon("worker", hosts.current, words, environment)


def cluster_settings(settings: "Mapping[str, str]", hosts: Hosts) -> "dict[str, str]":
    """Settings with which the first tasks wait for most executors, as they do with YARN.

    Otherwise the host whose executor is there first may do all the work of a short application.

    Args:
        settings: Spark's.
        hosts: The job's.
    """
    cores = cores_offered(settings, len(hosts.names)) * len(hosts.names)
    return {
        "spark.cores.max": str(cores),
        "spark.scheduler.minRegisteredResourcesRatio": "0.8",
    }


def cores_offered(settings: "Mapping[str, str]", hosts: int) -> int:
    """The cores of each worker.

    An even share of this machine's; more where executors ask for more, since Spark waits for ever
    for a worker that can hold one.

    Args:
        settings: Spark's.
        hosts: How many there are.

    Raises:
        SubmitError: A setting is no number.
    """
    share = max(1, (os.cpu_count() or 1) // hosts)
    executors = _number(settings, "spark.executor.instances", hosts)
    return _number(settings, "spark.executor.cores", share) * max(1, -(-executors // hosts))


def wait_for_master(hosts: Hosts, master: Daemon) -> None:
    """Wait until the master can be called.

    Raises:
        SubmitError: It cannot, or it has ended.
    """

    def missing() -> str:
        return "" if _reported(hosts) is not None else "page"

    _wait(missing, [master], "Spark's master shows no {}; the log of this host says why")


def wait_for_workers(hosts: Hosts, daemons: "Sequence[Daemon]") -> None:
    """Wait until the workers of all hosts have reported to the master.

    Raises:
        SubmitError: One did not, or a daemon of this host has ended.
    """

    def missing() -> str:
        workers = _reported(hosts) or []
        there = {worker["host"] for worker in workers if worker["state"] == "ALIVE"}
        return ", ".join(sorted(set(hosts.names) - there))

    _wait(missing, daemons, "Spark's master has no worker on {}; the logs of these hosts say why")
    log.info("Spark's cluster has a worker on each of %s", ", ".join(hosts.names))


def _wait(missing: "Callable[[], str]", daemons: "Sequence[Daemon]", message: str) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while what := missing():
        for daemon in daemons:
            daemon.check()
        if time.monotonic() > deadline:
            raise SubmitError(f"after {_WAIT_SECONDS} s, {message.format(what)}")
        time.sleep(_LOOK_SECONDS)


def _reported(hosts: Hosts) -> "list[dict[str, str]] | None":
    """The workers as the master's page has them; None if it has no page yet."""
    try:
        page = f"http://{hosts.address}:{_PAGE}/json/"
        with urllib.request.urlopen(page, timeout=10) as answer:
            workers: list[dict[str, str]] = json.load(answer)["workers"]
            return workers
    except (OSError, ValueError):
        return None


def _number(settings: "Mapping[str, str]", name: str, default: int) -> int:
    text = settings.get(name, str(default))
    if not text.isdigit() or not int(text):
        raise SubmitError(f"{name}={text} in configuration.json is no number of cores or executors")
    return int(text)
