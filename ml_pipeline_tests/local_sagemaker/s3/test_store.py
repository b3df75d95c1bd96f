import sqlite3
from pathlib import Path

import pytest

from local_sagemaker.s3.errors import NoSuchBucket, NoSuchKey, S3Error
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET, files_of


def test_bytes_and_attributes_outlive_the_process_that_put_them(store: ObjectStore) -> None:
    put = store.put_bytes(BUCKET, "k", b"data", content_type="text/csv", metadata={"a": "é"})
    reopened = ObjectStore(store.root)
    assert reopened.head(BUCKET, "k") == put
    assert reopened.read_bytes(BUCKET, "k") == b"data"
    assert (put.size, put.etag) == (4, "8d777f385d3dfec8815d20f7496026dc")
    assert (put.content_type, put.metadata) == ("text/csv", {"a": "é"})


def test_a_stored_file_is_a_copy_in_both_directions(store: ObjectStore, tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "new" / "folder" / "out"
    source.write_bytes(b"1" * 3_000_000)
    store.put_file(BUCKET, "k", source)
    source.write_bytes(b"changed")
    info = store.copy_out(BUCKET, "k", out)
    with out.open("r+b") as file:
        file.write(b"scribble")
    assert info.size == out.stat().st_size == 3_000_000
    assert store.read_bytes(BUCKET, "k") == b"1" * 3_000_000


def test_copying_out_onto_a_link_leaves_the_link_s_target_alone(
    store: ObjectStore, tmp_path: Path
) -> None:
    precious, destination = tmp_path / "precious", tmp_path / "destination"
    precious.write_bytes(b"precious")
    destination.hardlink_to(precious)
    store.put_bytes(BUCKET, "k", b"new")
    store.copy_out(BUCKET, "k", destination)
    assert (precious.read_bytes(), destination.read_bytes()) == (b"precious", b"new")


def test_keys_are_listed_in_the_order_of_their_bytes(store: ObjectStore) -> None:
    # By UTF-16 units the last two would be the other way round.
    keys = ["a", "a/", "a//b", "a/b", "ab", "b", "é", "\uffee", "\U0001f600"]
    for key in reversed(keys):
        store.put_bytes(BUCKET, key, b"")
    assert [info.key for info in store.list(BUCKET)] == keys
    assert [info.key for info in store.list(BUCKET, "a/")] == ["a/", "a//b", "a/b"]
    assert [info.key for info in store.list(BUCKET, "a", start_after="a/", limit=2)] == keys[2:4]


def test_listing_goes_on_beyond_a_page(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_sagemaker.s3.store._PAGE", 3)
    keys = [f"{number:02}" for number in range(10)]
    for key in keys:
        store.put_bytes(BUCKET, key, b"")
    assert [info.key for info in store.list(BUCKET)] == keys
    assert [info.key for info in store.list(BUCKET, limit=7)] == keys[:7]


def test_replacing_and_deleting_leave_no_file_behind(store: ObjectStore) -> None:
    store.put_bytes(BUCKET, "k", b"1")
    store.put_bytes(BUCKET, "k", b"2")
    assert len(files_of(store.root)) == 1
    store.delete(BUCKET, "k")
    store.delete(BUCKET, "k")
    assert files_of(store.root) == []


def test_a_reader_keeps_the_version_it_opened(store: ObjectStore) -> None:
    store.put_bytes(BUCKET, "k", b"old" * 1_000_000)
    with store.objects.open(BUCKET, "k") as opened:
        store.put_bytes(BUCKET, "k", b"new")
        store.delete(BUCKET, "k")
        assert b"".join(opened.chunks(opened.whole)) == b"old" * 1_000_000


@pytest.mark.parametrize("key", ["../../escape", "/etc/passwd", "a\\..\\b", "a\nb", ".", ".."])
def test_a_key_never_becomes_a_path(store: ObjectStore, key: str, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if store.root not in path.parents}
    store.put_bytes(BUCKET, key, b"x")
    assert store.read_bytes(BUCKET, key) == b"x"
    assert {path for path in tmp_path.rglob("*") if store.root not in path.parents} == before


def test_nobody_else_can_read_what_is_stored(store: ObjectStore) -> None:
    store.put_bytes(BUCKET, "k", b"x")
    for path in (store.root, *store.root.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_buckets(store: ObjectStore) -> None:
    store.create_bucket(BUCKET)
    store.create_bucket("another")
    assert [bucket.name for bucket in store.list_buckets()] == [BUCKET, "another"]
    store.put_bytes(BUCKET, "k", b"")
    with pytest.raises(S3Error, match="BucketNotEmpty"):
        store.delete_bucket(BUCKET)
    store.delete_bucket("another")
    assert (store.bucket_exists(BUCKET), store.bucket_exists("another")) == (True, False)


@pytest.mark.parametrize(
    "name",
    ["ab", "A-bucket", "a_b", "-ab", "ab-", "a..b", "192.168.0.1", "xn--ab", "a" * 64, "é" * 3],
)
def test_a_bucket_s_name_must_be_one_that_s3_allows(store: ObjectStore, name: str) -> None:
    with pytest.raises(S3Error, match="InvalidBucketName"):
        store.create_bucket(name)


def test_what_is_not_there(store: ObjectStore, tmp_path: Path) -> None:
    for missing in (
        lambda: store.head("no-bucket", "k"),
        lambda: store.put_bytes("no-bucket", "k", b""),
        lambda: store.delete("no-bucket", "k"),
        lambda: store.delete_bucket("no-bucket"),
        lambda: list(store.list("no-bucket")),
    ):
        with pytest.raises(NoSuchBucket):
            missing()
    with pytest.raises(NoSuchKey):
        store.copy_out(BUCKET, "k", tmp_path / "out")
    assert files_of(store.root) == []


def test_an_object_whose_file_is_lost_is_an_error_that_names_the_file(store: ObjectStore) -> None:
    store.put_bytes(BUCKET, "k", b"x")
    (file,) = files_of(store.root)
    file.unlink()
    with pytest.raises(S3Error, match=f"InternalError.*{file.name}"):
        store.read_bytes(BUCKET, "k")


def test_a_store_of_another_format_is_refused(root: Path) -> None:
    ObjectStore(root)
    connection = sqlite3.connect(root / "index.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(RuntimeError, match="format 99"):
        ObjectStore(root)
