"""How quickly a job gets its inputs: copied in File mode, streamed in Pipe mode.

Prints MB/s of wall and of CPU time for one input of 1 GiB, in objects of different sizes. The
objects have just been written, as those of a pipeline have, so they are in the page cache where it
is large enough.
"""

import gzip
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.named_pipes import NamedPipeFeeder
from local_sagemaker.jobs.data.staging import Stager
from local_sagemaker.jobs.stopping import StopRequest
from local_sagemaker.s3.store import ObjectStore

TOTAL = 1 << 30
OBJECTS = (1, 1024)
ROUNDS = 3
_READ = 1 << 20


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        objects = ObjectStore(Path(folder, "s3"))
        objects.create_bucket("bench")
        stager = Stager(objects, StopRequest(lambda: False), "role", "us-east-1")
        work = Path(folder, "job")
        print(f"{f'MB/s, best of {ROUNDS}':48}{'wall':>8}{'CPU':>8}")
        for count in OBJECTS:
            source = _fill(objects, count)
            one, two = [work / "1"], [work / "1", work / "2"]
            _row(f"File mode, objects: {count}", partial(stager.stage, source, one), work)
            _row("  a copy for each of 2 hosts", partial(stager.stage, source, two), work, copies=2)
            _row("  Pipe mode", partial(_read, stager, source, work / "pipe"), work)
        packed = _fill_compressed(objects)
        _row("Pipe mode, gzip, unpacked", partial(_read, stager, packed, work / "pipe"), work)


def _row(name: str, run: Callable[[], None], work: Path, copies: int = 1) -> None:
    wall, cpu = [], []
    for _ in range(ROUNDS):
        started, used = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
        shutil.rmtree(work, ignore_errors=True)
    figures = (copies * TOTAL / 1e6 / min(times) for times in (wall, cpu))
    print(f"{name:48}" + "".join(f"{figure:8.0f}" for figure in figures))


def _read(stager: Stager, source: Input, path: Path) -> None:
    """Read one epoch, as a job's program would; its CPU time is counted too."""
    with NamedPipeFeeder(stager.pipes(source, [path]), lambda: None) as feeder:
        reader = threading.Thread(target=_drain, args=(Path(f"{path}_0"),))
        reader.start()
        reader.join()
    feeder.check()


def _drain(pipe: Path) -> None:
    size = 0
    with pipe.open("rb", buffering=0) as file:
        while data := file.read(_READ):
            size += len(data)
    if size < TOTAL // 2:
        raise RuntimeError(f"{pipe} ended after {size} bytes")


def _fill(objects: ObjectStore, count: int) -> Input:
    content = bytes(range(256)) * (TOTAL // count // 256)
    for number in range(count):
        objects.put_bytes("bench", f"{count}/{number:06}", content)
    return Input("data", f"s3://bench/{count}/", "S3Prefix", "/opt/ml/input/data/data")


def _fill_compressed(objects: ObjectStore) -> Input:
    row = b"".join(b"%d,%d\n" % (number, number * 7919 % 10_007) for number in range(100_000))
    packed = gzip.compress(row, compresslevel=6)
    for number in range(TOTAL // len(row)):
        objects.put_bytes("bench", f"gzip/{number:06}", packed)
    path = "/opt/ml/input/data/data"
    return Input("data", "s3://bench/gzip/", "S3Prefix", path, gzip=True)


if __name__ == "__main__":
    main()
