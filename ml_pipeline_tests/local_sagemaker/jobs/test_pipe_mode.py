"""Pipe mode: inputs that are streamed through a new named pipe for every epoch."""

import gzip
import json
import os
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.jobs.data import named_pipes, streams
from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.named_pipes import NamedPipe, NamedPipeFeeder
from local_sagemaker.jobs.data.streams import Stream, find_records
from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.kinds import TRAINING
from local_sagemaker.records.store import Job
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import BUCKET, Sandbox, reason

DATA = "/opt/ml/input/data"


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    store = ObjectStore(tmp_path / "s3")
    store.create_bucket(BUCKET)
    return store


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.01)


def stream(
    objects: ObjectStore, source: Input, epoch: int = 0, index: int = 0, count: int = 1
) -> bytes:
    records = find_records(objects, source, "arn:role", "us-east-1")
    return b"".join(Stream(objects, source, records, index, count).epoch(epoch))


def source(key: str = "in/", data_type: str = "S3Prefix", **options: Any) -> Input:
    return Input("train", f"s3://{BUCKET}/{key}", data_type, DATA, pipe=True, **options)


def fill(objects: ObjectStore, contents: dict[str, bytes]) -> None:
    for key, content in contents.items():
        objects.put_bytes(BUCKET, key, content)


def test_objects_follow_each_other_by_key(objects: ObjectStore) -> None:
    fill(objects, {"in/b": b"2\n", "in/a": b"1\n", "in/c/": b"", "in/c/d": b"3\n"})
    assert stream(objects, source()) == stream(objects, source(), 1) == b"1\n2\n3\n"


def test_every_instance_streams_its_shard(objects: ObjectStore) -> None:
    fill(objects, {f"in/{name}": name.encode() for name in "abcde"})
    shards = [stream(objects, source(sharded=True), index=index, count=2) for index in range(2)]
    assert shards == [b"ace", b"bd"]


def test_a_manifest_keeps_its_order(objects: ObjectStore) -> None:
    fill(objects, {f"raw/{name}": name.encode() for name in "abc"})
    fill(objects, {"m": json.dumps([{"prefix": f"s3://{BUCKET}/raw/"}, "c", "a"]).encode()})
    assert stream(objects, source("m", "ManifestFile")) == b"ca"


def test_gzip_is_undone_whatever_its_members(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_CHUNK", 1000)
    large = bytes(range(256)) * 1000
    two_members = gzip.compress(b"1\n") + gzip.compress(large) + b"\0\0"
    fill(objects, {"in/a": two_members, "in/b": gzip.compress(b""), "in/c": gzip.compress(b"3\n")})
    assert stream(objects, source(gzip=True)) == b"1\n" + large + b"3\n"


def test_what_is_inflated_comes_in_small_pieces(objects: ObjectStore) -> None:
    fill(objects, {"in/bomb": gzip.compress(bytes(50 << 20))})
    records = find_records(objects, source(), "arn:role", "us-east-1")
    sizes = [len(data) for data in Stream(objects, source(gzip=True), records, 0, 1).epoch(0)]
    assert sum(sizes) == 50 << 20
    assert max(sizes) <= 1 << 20


@pytest.mark.parametrize(
    "content", [b"plain text", gzip.compress(b"x" * 100)[:-9]], ids=["plain text", "cut short"]
)
def test_what_is_not_gzip(objects: ObjectStore, content: bytes) -> None:
    fill(objects, {"in/a": content})
    with pytest.raises(ClientFault, match="s3://bucket/in/a is not in gzip format"):
        stream(objects, source(gzip=True))


def records_of(data: bytes) -> Iterator[bytes]:
    while data:
        magic, size = struct.unpack_from("<II", data)
        assert magic == 0xCED7230A
        yield data[8 : 8 + size]
        data = data[8 + size + -size % 4 :]


def test_every_object_becomes_a_record(objects: ObjectStore) -> None:
    contents = [b"", b"1", b"22", b"333", b"4444", b"55555"]
    fill(objects, {f"in/{index}": content for index, content in enumerate(contents)})
    assert list(records_of(stream(objects, source(record_io=True)))) == contents
    packed = {f"gz/{index}": gzip.compress(content) for index, content in enumerate(contents)}
    fill(objects, packed)
    inflated = stream(objects, source("gz/", record_io=True, gzip=True))
    assert list(records_of(inflated)) == contents


def test_what_is_too_large_for_a_record(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_LARGEST_RECORD", 3)
    fill(objects, {"in/a": b"1234"})
    with pytest.raises(ClientFault, match="in/a has 4 bytes"):
        stream(objects, source(record_io=True))


def test_a_shuffle_differs_by_epoch_but_not_by_run(objects: ObjectStore) -> None:
    fill(objects, {f"in/{name}": name.encode() for name in "abcdefghij"})
    shuffled = source(seed=3)
    first, second = stream(objects, shuffled), stream(objects, shuffled, 1)
    assert first != second
    assert Counter(first) == Counter(second) == Counter(b"abcdefghij")
    assert first == stream(objects, shuffled)
    assert first != stream(objects, source(seed=4))


def test_shuffled_shards_are_a_partition_in_every_epoch(objects: ObjectStore) -> None:
    fill(objects, {f"in/{name}": name.encode() for name in "abcdefghij"})
    shuffled = source(seed=3, sharded=True)
    for epoch in range(3):
        shards = [stream(objects, shuffled, epoch, index, 3) for index in range(3)]
        assert Counter(b"".join(shards)) == Counter(b"abcdefghij")
    assert stream(objects, shuffled, 0, 0, 3) != stream(objects, shuffled, 1, 0, 3)


def test_an_augmented_manifest(objects: ObjectStore) -> None:
    fill(objects, {"i/1": b"IMAGE1", "i/2": b"IMAGE2"})
    lines = [
        {"source-ref": f"s3://{BUCKET}/i/{number}", "cat": number, "other": [1]}
        for number in (1, 2)
    ]
    fill(objects, {"m": b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"})
    augmented = source("m", "AugmentedManifestFile", attributes=("source-ref", "cat"))
    assert stream(objects, augmented) == b"IMAGE11IMAGE22"
    wrapped = source("m", "AugmentedManifestFile", attributes=("source-ref", "cat"), record_io=True)
    assert list(records_of(stream(objects, wrapped))) == [b"IMAGE1", b"1", b"IMAGE2", b"2"]


@pytest.mark.parametrize(
    ("line", "said"), [(b"{}", "has no attribute 'cat'"), (b"[", "is bad"), (b"7", "is bad")]
)
def test_a_line_of_an_augmented_manifest_that_is_none(
    objects: ObjectStore, line: bytes, said: str
) -> None:
    fill(objects, {"m": b'{"cat": 1}\n' + line})
    with pytest.raises(ClientFault, match=f"line 2 of the augmented manifest s3://bucket/m {said}"):
        stream(objects, source("m", "AugmentedManifestFile", attributes=("cat",)))


def test_a_pipe_that_was_replaced_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that can have its data written over a file of the user's would be out of its box."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"kept")
    folder = tmp_path / "data"
    folder.mkdir()
    begun: list[int] = []
    looked: list[int] = []
    look = named_pipes._Names.open

    def counted(names: named_pipes._Names, number: int) -> int | None:
        looked.append(number)
        return look(names, number)

    def epoch(number: int) -> Iterator[bytes]:
        begun.append(number)
        yield b"data"

    monkeypatch.setattr(named_pipes._Names, "open", counted)
    with NamedPipeFeeder([NamedPipe(folder / "train", epoch)], lambda: None) as feeder:
        (folder / "train_0").unlink()
        (folder / "train_0").symlink_to(precious)
        folder.rename(tmp_path / "moved")
        folder.symlink_to(tmp_path)
        before = len(looked)
        wait_for(lambda: len(looked) > before + 2)
        (tmp_path / "moved" / "train_0").unlink()
        os.link(precious, tmp_path / "moved" / "train_0")
        before = len(looked)
        wait_for(lambda: len(looked) > before + 2)
    feeder.check()
    assert not begun
    assert precious.read_bytes() == b"kept"


def train(sandbox: Sandbox, script: str, *channels: dict[str, Any], **members: Any) -> Job:
    return sandbox.run(added(sandbox, script, *channels, **members))


def added(sandbox: Sandbox, script: str, *channels: dict[str, Any], **members: Any) -> Job:
    piped = [{**channel, "InputMode": "Pipe"} for channel in channels]
    return sandbox.training("job", {"train.py": script}, InputDataConfig=piped, **members)


def test_a_script_reads_epoch_after_epoch(sandbox: Sandbox) -> None:
    for name in "ab":
        sandbox.put(f"in/{name}", f"{name}\n")
    sandbox.put("more/x", "x")
    script = f"""
import os, stat
assert stat.S_ISFIFO(os.stat("{DATA}/train_0").st_mode)
for epoch in range(3):
    with open(f"{DATA}/train_{{epoch}}") as pipe:
        print(epoch, pipe.read().split())
print(os.path.exists("{DATA}/train_2"), open("{DATA}/more_0").read())
print(os.environ["SM_CHANNEL_TRAIN"], os.environ["SM_INPUT_DATA_CONFIG"])
"""
    channels = sandbox.channel("train", "in/"), sandbox.channel("more", "more/")
    job = train(sandbox, script, *channels)
    assert job.status == "Completed", (sandbox.log(job), reason(job))
    *_, zero, one, two, rest, variables = sandbox.log(job)
    assert [zero, one, two] == [f"{epoch} ['a', 'b']" for epoch in range(3)]
    assert rest == "False x"
    assert variables.startswith(f"{DATA}/train ")
    assert '"TrainingInputMode":"Pipe"' in variables


def test_a_script_that_reads_little_or_nothing_ends(sandbox: Sandbox) -> None:
    sandbox.put("in/a", bytes(8 << 20))
    script = f"""
with open("{DATA}/train_0", "rb") as pipe:
    assert len(pipe.read(10)) == 10
with open("{DATA}/train_1", "rb") as pipe:
    assert len(pipe.read()) == {8 << 20}
held = open("{DATA}/train_2", "rb")
print("done")
"""
    channels = sandbox.channel("train", "in/"), sandbox.channel("never", "in/")
    job = train(sandbox, script, *channels)
    assert job.status == "Completed", (sandbox.log(job), reason(job))
    assert sandbox.log(job)[-1] == "done"


def test_a_stop_while_a_script_reads(sandbox: Sandbox) -> None:
    sandbox.put("in/a", bytes(8 << 20))
    script = f"""
import time
pipe = open("{DATA}/train_0", "rb")
pipe.read(10)
print("reads", flush=True)
time.sleep(600)
"""
    job = added(sandbox, script, sandbox.channel("train", "in/"))
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "reads")
    sandbox.stop(job)
    assert process.wait(60) == 0
    assert sandbox.get(job).status == "Stopped"


def test_a_stop_while_a_script_waits_for_more_than_there_is(sandbox: Sandbox) -> None:
    """Nobody would open the other end of a pipe of a name that is not the channel's."""
    sandbox.put("in/a", "x")
    script = f"""
import os
print("waits", flush=True)
os.mkfifo("{DATA}/other")
open("{DATA}/other").read()
"""
    job = added(sandbox, script, sandbox.channel("train", "in/"))
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "waits")
    sandbox.stop(job)
    assert process.wait(60) == 0
    assert sandbox.get(job).status == "Stopped"


def test_an_object_that_cannot_be_streamed_fails_the_job(sandbox: Sandbox) -> None:
    """To end the stream there would let the script train on half of the data."""
    sandbox.put("in/a", gzip.compress(b"x" * 100)[:-9])
    channel = {**sandbox.channel("train", "in/"), "CompressionType": "Gzip"}
    job = train(sandbox, f'print(len(open("{DATA}/train_0", "rb").read()))', channel)
    assert job.status == "Failed"
    assert "s3://bucket/in/a is not in gzip format: it is cut off" in reason(job)
    assert not any(line == "100" for line in sandbox.log(job))


def test_a_processing_input(sandbox: Sandbox) -> None:
    sandbox.put("in/a", gzip.compress(b"1,2\n"))
    given = sandbox.input("raw", "in/", "/opt/ml/processing/raw")
    given["S3Input"] |= {"S3InputMode": "Pipe", "S3CompressionType": "Gzip"}
    script = 'print(open("/opt/ml/processing/raw_0").read().strip())'
    job = sandbox.process("job", script, ProcessingInputs=[given])
    assert sandbox.log(job) == ["1,2"], reason(job)
    sandbox.environment["ML_PIPELINE_LOCAL_PROCESSING_PIPE"] = "{local_path}/{input_name}"
    script = 'print(open("/opt/ml/processing/raw/raw_0").read().strip())'
    job = sandbox.process("other", script, ProcessingInputs=[given])
    assert sandbox.log(job) == ["1,2"], reason(job)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"CompressionType": "Gzip"}, "CompressionType must be None in File mode"),
        ({"RecordWrapperType": "RecordIO"}, "RecordWrapperType must be None in File mode"),
    ],
)
def test_what_only_pipe_mode_does(sandbox: Sandbox, change: dict[str, str], said: str) -> None:
    sandbox.put("in/a", "x")
    channel = {**sandbox.channel("train", "in/"), **change}
    job = sandbox.train("job", "", InputDataConfig=[channel])
    assert reason(job) == f'ClientError: channel "train": {said}'


def test_an_augmented_manifest_in_file_mode(sandbox: Sandbox) -> None:
    channel = sandbox.channel("train", "in/")
    channel["DataSource"]["S3DataSource"]["S3DataType"] = "AugmentedManifestFile"
    job = sandbox.train("job", "", InputDataConfig=[channel])
    assert "AugmentedManifestFile needs InputMode Pipe" in reason(job)


def test_large_objects_need_little_memory(sandbox: Sandbox) -> None:
    """The supervisor's peak is what it needs without any, though it waits for a slow reader."""
    sandbox.put("in/a", bytes(300 << 20))
    script = f"""
import time
pipe = open("{DATA}/train_0", "rb")
pipe.read(10)
print("reads", flush=True)
while not os.path.exists("/opt/ml/go"): time.sleep(0.02)
print(len(pipe.read()) + 10)
"""
    job = added(sandbox, "import os" + script, sandbox.channel("train", "in/"))
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "reads")
    (sandbox.home.job_directory(TRAINING, "job") / "hosts" / "algo-1" / "ml" / "go").touch()
    peak = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        peaks = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
        peak = max([peak, *peaks])
        time.sleep(0.02)
    assert sandbox.log(job)[-1] == str(300 << 20)
    assert 0 < peak < 150 << 10
