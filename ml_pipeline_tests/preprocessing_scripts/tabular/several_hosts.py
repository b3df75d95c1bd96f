"""Jobs of several hosts, each a process of its own that runs a piece of Python."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from preprocessing_scripts.tabular.hosts import Hosts

PREAMBLE = """
import sys, time
from pathlib import Path
import numpy as np
from preprocessing_scripts.tabular.hosts import Hosts
hosts = Hosts.from_resource_config(Path(sys.argv[1]), port=int(sys.argv[2]), timeout=60)
rank = hosts.rank
"""


def names(count: int) -> list[str]:
    return [f"127.0.0.{number + 1}" for number in range(count)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def configure(folder: Path, rank: int, count: int, job: str = "one") -> Path:
    """Write the files by which SageMaker tells a host who it is."""
    config = folder / f"{job}-{rank}"
    config.mkdir(parents=True)
    resources = {"hosts": names(count)[::-1], "current_host": names(count)[rank]}
    (config / "resourceconfig.json").write_text(json.dumps(resources))
    (config / "processingjobconfig.json").write_text(json.dumps({"ProcessingJobArn": job}))
    return config / "resourceconfig.json"


@contextmanager
def job(folder: Path, scripts: Sequence[str]) -> Iterator[list[subprocess.Popen[str]]]:
    """Start a host for each script; none is left when the block ends."""
    port = str(free_port())
    hosts = [
        subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + script, configure(folder, rank, len(scripts)), port],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, script in enumerate(scripts)
    ]
    try:
        yield hosts
    finally:
        for host in hosts:
            host.kill()
            host.communicate()


@contextmanager
def two_hosts() -> Iterator[list[Hosts]]:
    """Two hosts in this process, to be used from two threads."""
    address = ("127.0.0.1", free_port())
    with ThreadPoolExecutor(2) as threads:
        hosts = list(
            threads.map(lambda rank: Hosts.join(names(2), rank, address, b"key", 30), (0, 1))
        )
    try:
        yield hosts
    finally:
        for host in hosts:
            host.close()


def ends(host: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a host: its exit status, what it printed, and its error."""
    stdout, stderr = host.communicate(timeout=60)
    return host.returncode, stdout, stderr
