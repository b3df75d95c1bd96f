"""How fast the object store is over HTTP, and how much memory it takes.

One object goes up and down with boto3's defaults, as users do it; with ``--rclone`` the same
through ``rclone serve s3``, in the same run. Prints MB/s, the server's CPU time and peak memory.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from local_sagemaker.daemon import control

KEY, SECRET = "local", "localsecret"
MEGABYTE = 1_000_000


def main() -> None:
    """Measure and print."""
    options = _parse()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        source = folder / "source"
        _write_random(source, options.mebibytes << 20)
        print(f"{'':14}{'MB/s: up':>10}{'down':>10}{'CPU s: up':>11}{'down':>11}{'peak MB':>9}")
        for turn in range(options.turns):
            with _ours(folder / f"home-{turn}") as (pid, url):
                _measure("local_sagemaker", pid, url, source)
            if options.rclone:
                with _rclone(options.rclone, folder / f"rclone-{turn}") as (pid, url):
                    _measure("rclone", pid, url, source)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mebibytes", type=int, default=1024, help="the object's size")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--rclone", type=Path, help="an rclone 1.65 or later, to compare with")
    parser.add_argument("--folder", type=Path, help="where to work; needs three times the size")
    return parser.parse_args()


@contextmanager
def _ours(home: Path) -> Iterator[tuple[int, str]]:
    endpoint = control.ensure_started(home, 0)
    try:
        yield endpoint.pid, endpoint.url
    finally:
        control.stop(home)
        shutil.rmtree(home)


@contextmanager
def _rclone(program: Path, folder: Path) -> Iterator[tuple[int, str]]:
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [
        str(program),
        "serve",
        "s3",
        "--addr",
        address,
        "--auth-key",
        f"{KEY},{SECRET}",
        str(folder),
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _await(address)
        yield process.pid, f"http://{address}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def _await(address: str) -> None:
    host, _, port = address.partition(":")
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(address)


def _measure(name: str, pid: int, url: str, source: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    client.create_bucket(Bucket="bench")
    target = source.with_name("target")
    up = _timed(pid, lambda: client.upload_file(str(source), "bench", "object"))
    down = _timed(pid, lambda: client.download_file("bench", "object", str(target)))
    assert target.stat().st_size == source.stat().st_size
    target.unlink()
    size = source.stat().st_size / MEGABYTE
    print(
        f"{name:16}{size / up[0]:8.0f}{size / down[0]:10.0f}{up[1]:10.2f}{down[1]:12.2f}"
        f"{_peak(pid):9.0f}",
        flush=True,
    )


def _timed(pid: int, work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall time, and of the server's CPU time."""
    cpu, start = _cpu(pid), time.perf_counter()
    work()
    return time.perf_counter() - start, _cpu(pid) - cpu


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 / MEGABYTE if found else float("nan")


def _write_random(path: Path, size: int) -> None:
    with path.open("wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 20))


if __name__ == "__main__":
    main()
