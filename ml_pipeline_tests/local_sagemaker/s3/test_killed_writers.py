"""What is left when a process that writes is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local_sagemaker.s3.checksums import Digests
from local_sagemaker.s3.conditions import UNCONDITIONAL
from local_sagemaker.s3.records import Attributes
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET, files_of

# Writes objects, each twice, and says so after each.
_WRITER = """
import sys
from pathlib import Path
from local_sagemaker.s3.store import ObjectStore
store = ObjectStore(Path(sys.argv[1]))
for number in range(100_000):
    key = f"{sys.argv[2]}/{number // 2}"
    store.put_bytes("a-bucket", key, key.encode() * 10_000)
    print(key, flush=True)
"""

# Has an object half written, and stops there.
_HALF = """
import sys
from pathlib import Path
from local_sagemaker.s3.checksums import Digests
from local_sagemaker.s3.store import ObjectStore
writer = ObjectStore(Path(sys.argv[1])).objects.write(Digests())
writer.write(b"half")
print("written", flush=True)
sys.stdin.readline()
"""


def _start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _kill(process: subprocess.Popen[str]) -> list[str]:
    process.send_signal(signal.SIGKILL)
    output, _ = process.communicate()
    return output.splitlines()


def test_what_was_acknowledged_survives_a_kill(store: ObjectStore) -> None:
    writers = [_start(_WRITER, str(store.root), name) for name in "ab"]
    for writer in writers:
        for _ in range(40):
            assert writer.stdout is not None
            writer.stdout.readline()
    acknowledged = [key for writer in writers for key in _kill(writer) if key]
    survivor = ObjectStore(store.root)
    survivor.sweep()
    listed = {info.key for info in survivor.list(BUCKET)}
    assert listed >= {f"{name}/{number}" for name in "ab" for number in range(20)}
    assert listed >= set(acknowledged[:-1])  # the last line may be cut
    assert all(survivor.read_bytes(BUCKET, key) == key.encode() * 10_000 for key in listed)
    assert len(files_of(store.root)) == len(listed)


def test_a_sweep_takes_the_file_of_a_dead_writer_and_spares_that_of_a_living_one(
    store: ObjectStore,
) -> None:
    dying, living = _start(_HALF, str(store.root)), _start(_HALF, str(store.root))
    for process in (dying, living):
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
    assert store.sweep() == 0
    _kill(dying)
    assert store.sweep() == 1
    assert len(files_of(store.root)) == 1
    _kill(living)
    assert (store.sweep(), files_of(store.root)) == (1, [])


def test_a_sweep_spares_objects_and_uploads_in_progress(store: ObjectStore) -> None:
    store.put_bytes(BUCKET, "k", b"x")
    store.uploads.create(BUCKET, "upload", Attributes())
    with store.objects.write(Digests()) as writer:
        writer.write(b"x")
        assert (store.sweep(), len(files_of(store.root))) == (0, 3)
    assert len(files_of(store.root)) == 2


def test_a_failed_write_leaves_nothing(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        store.put_file(BUCKET, "k", tmp_path)
    with pytest.raises(RuntimeError), store.objects.write(Digests()) as writer:
        writer.write(b"x")
        raise RuntimeError
    assert files_of(store.root) == []


def test_an_interrupt_after_the_commit_does_not_cost_the_object(store: ObjectStore) -> None:
    class Interrupted(BaseException):
        pass

    with store.objects.write(Digests()) as writer:
        writer.write(b"x")
        put = store._index.put

        def put_and_be_interrupted(*arguments: object) -> None:
            put(*arguments)  # type: ignore[arg-type]
            raise Interrupted

        store._index.put = put_and_be_interrupted  # type: ignore[method-assign, assignment]
        with pytest.raises(Interrupted):
            store.objects.commit(writer, BUCKET, "k", Attributes(), condition=UNCONDITIONAL)
    assert store.read_bytes(BUCKET, "k") == b"x"
