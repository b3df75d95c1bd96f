import json
from pathlib import Path

import pytest

from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.sources import relative_name
from local_sagemaker.jobs.data.staging import Stager
from local_sagemaker.jobs.reasons import ClientFault, JobStoppedError
from local_sagemaker.jobs.stopping import StopRequest
from local_sagemaker.s3.store import ObjectStore


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    store = ObjectStore(tmp_path / "s3")
    store.create_bucket("bucket")
    return store


def stager(objects: ObjectStore, *, stop: bool = False) -> Stager:
    return Stager(objects, StopRequest(lambda: stop), "arn:role", "us-east-1")


def stage(
    objects: ObjectStore, target: Path, key: str, data_type: str = "S3Prefix"
) -> dict[str, bytes]:
    source = Input("raw", f"s3://bucket/{key}", data_type, "/opt/ml/processing/raw")
    stager(objects).stage(source, [target])
    files = (path for path in target.rglob("*") if path.is_file())
    return {str(path.relative_to(target)): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("prefix", "key", "name"),
    [
        ("data/train.csv", "data/train.csv", "train.csv"),
        ("data/", "data/train.csv", "train.csv"),
        ("data/", "data/a/b.csv", "a/b.csv"),
        ("data", "data/a/b.csv", "a/b.csv"),
        ("x/input/code", "x/input/code/preprocess.py", "preprocess.py"),
        ("data/train", "data/train-data.csv", "train-data.csv"),
        ("data/train", "data/training/a.csv", "training/a.csv"),
        ("tra", "train.csv", "train.csv"),
        ("", "a/b.csv", "a/b.csv"),
    ],
)
def test_names_below_a_string_prefix(prefix: str, key: str, name: str) -> None:
    assert relative_name(key, prefix) == name


def test_a_prefix_is_copied_whole_but_for_folder_markers(
    objects: ObjectStore, tmp_path: Path
) -> None:
    for key in ("in/a.csv", "in/sub/b.csv", "other/c.csv"):
        objects.put_bytes("bucket", key, key.encode())
    objects.put_bytes("bucket", "in/empty/", b"")
    assert stage(objects, tmp_path / "raw", "in/") == {
        "a.csv": b"in/a.csv",
        "sub/b.csv": b"in/sub/b.csv",
    }


def test_a_job_gets_a_copy_of_its_own(objects: ObjectStore, tmp_path: Path) -> None:
    objects.put_bytes("bucket", "in/a", b"kept")
    stage(objects, tmp_path / "raw", "in/")
    with (tmp_path / "raw" / "a").open("r+b") as file:
        file.write(b"gone")
    assert objects.read_bytes("bucket", "in/a") == b"kept"


def test_a_manifest_names_exactly_what_is_copied(objects: ObjectStore, tmp_path: Path) -> None:
    for key in ("raw/ds=1/a.csv", "raw/ds=2/a.csv", "raw/ds=3/a.csv"):
        objects.put_bytes("bucket", key, key.encode())
    manifest = [{"prefix": "s3://bucket/raw/"}, "ds=1/a.csv", "ds=3/a.csv"]
    objects.put_bytes("bucket", "m.json", json.dumps(manifest).encode())
    staged = stage(objects, tmp_path / "raw", "m.json", "ManifestFile")
    assert staged == {"ds=1/a.csv": b"raw/ds=1/a.csv", "ds=3/a.csv": b"raw/ds=3/a.csv"}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '["a"]', '[{"prefix": 1}]', '[{"prefix": "s3://b/"}, 1]']
)
def test_a_manifest_that_is_none(objects: ObjectStore, tmp_path: Path, text: str) -> None:
    objects.put_bytes("bucket", "m.json", text.encode())
    with pytest.raises(ClientFault, match=r'manifest of input "raw", s3://bucket/m.json'):
        stage(objects, tmp_path / "raw", "m.json", "ManifestFile")


def test_a_manifest_that_names_a_missing_object(objects: ObjectStore, tmp_path: Path) -> None:
    objects.put_bytes("bucket", "m.json", b'[{"prefix": "s3://bucket/raw/"}, "gone.csv"]')
    with pytest.raises(ClientFault, match=r"raw/gone\.csv"):
        stage(objects, tmp_path / "raw", "m.json", "ManifestFile")


@pytest.mark.parametrize("uri", ["s3://bucket/nothing/", "s3://no-such-bucket/x"])
def test_a_prefix_without_objects(objects: ObjectStore, tmp_path: Path, uri: str) -> None:
    source = Input("raw", uri, "S3Prefix", "/opt/ml/processing/raw")
    with pytest.raises(ClientFault, match=f'ClientError: .*"raw".*No S3 objects.*"{uri}"'):
        stager(objects).stage(source, [tmp_path / "raw"])


def test_no_key_leads_out_of_the_directory(objects: ObjectStore, tmp_path: Path) -> None:
    objects.put_bytes("bucket", "in/a/../../../escaped", b"x")
    with pytest.raises(ClientFault, match="rename the key"):
        stage(objects, tmp_path / "job" / "raw", "in/")
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize(
    ("first", "second"), [("in/a", "in/a/b"), ("in/" + 300 * "x", "in/b"), ("in/\0", "in/b")]
)
def test_keys_that_no_file_system_can_hold(
    objects: ObjectStore, tmp_path: Path, first: str, second: str
) -> None:
    objects.put_bytes("bucket", first, b"x")
    objects.put_bytes("bucket", second, b"x")
    with pytest.raises(ClientFault, match="could not be written"):
        stage(objects, tmp_path / "raw", "in/")


def test_instances_share_a_sharded_input(objects: ObjectStore, tmp_path: Path) -> None:
    for key in "abc":
        objects.put_bytes("bucket", f"in/{key}", b"x")
    source = Input("raw", "s3://bucket/in/", "S3Prefix", "/opt/ml/raw", sharded=True)
    directories = [tmp_path / str(index) for index in range(4)]
    stager(objects).stage(source, directories)
    shares = [sorted(path.name for path in directory.iterdir()) for directory in directories]
    assert shares == [["a"], ["b"], ["c"], []]


def test_a_shuffled_shard_is_still_a_partition(objects: ObjectStore, tmp_path: Path) -> None:
    keys = [f"{number:02}" for number in range(20)]
    for key in keys:
        objects.put_bytes("bucket", f"in/{key}", b"x")
    source = Input("raw", "s3://bucket/in/", "S3Prefix", "/opt/ml/raw", sharded=True, seed=7)
    directories = [tmp_path / str(index) for index in range(2)]
    stager(objects).stage(source, directories)
    one, two = ({path.name for path in directory.iterdir()} for directory in directories)
    assert one | two == set(keys)
    assert not one & two
    assert one != set(keys[::2])


def test_every_instance_gets_a_copy_of_its_own(objects: ObjectStore, tmp_path: Path) -> None:
    objects.put_bytes("bucket", "in/a", b"x")
    source = Input("raw", "s3://bucket/in/", "S3Prefix", "/opt/ml/raw")
    directories = [tmp_path / str(index) for index in range(2)]
    stager(objects).stage(source, directories)
    first, second = (directory / "a" for directory in directories)
    first.write_bytes(b"changed")
    assert second.read_bytes() == b"x"


def test_a_stop_ends_the_copying(objects: ObjectStore, tmp_path: Path) -> None:
    objects.put_bytes("bucket", "in/a", b"x")
    source = Input("raw", "s3://bucket/in/", "S3Prefix", "/opt/ml/raw")
    with pytest.raises(JobStoppedError):
        stager(objects, stop=True).stage(source, [tmp_path / "raw"])
