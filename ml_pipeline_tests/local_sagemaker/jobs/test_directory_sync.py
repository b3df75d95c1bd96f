import errno
import os
from pathlib import Path, PurePath
from typing import Any

import pytest

from local_sagemaker.jobs.data.directory_sync import DirectorySync, Synced
from local_sagemaker.jobs.data.open_files import VanishedError, find_files
from local_sagemaker.jobs.directory import HostDirectory
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.test_trees import make_deep

SYNCED = Synced("/opt/ml/ckpt", "s3://bucket/ckpt", "member", restored=True)


class FullStore(ObjectStore):
    """An object store whose disk may be full."""

    full = False

    def put_file(self, *arguments: Any, **members: Any) -> Any:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().put_file(*arguments, **members)


@pytest.fixture
def objects(tmp_path: Path) -> FullStore:
    store = FullStore(tmp_path / "s3")
    store.create_bucket("bucket")
    return store


@pytest.fixture
def host(tmp_path: Path) -> HostDirectory:
    directory = HostDirectory(tmp_path / "algo-1")
    (directory.ml / "ckpt").mkdir(parents=True)
    return directory


def keys(objects: ObjectStore) -> list[str]:
    return [info.key for info in objects.list("bucket")]


def test_a_change_that_shows_in_no_time_is_taken(objects: FullStore, host: HostDirectory) -> None:
    sync = DirectorySync(SYNCED, [host], objects)
    path = host.ml / "ckpt" / "a"
    path.write_text("one")
    times = path.stat()
    assert sync.look() == []
    path.write_text("two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert sync.look() == []
    assert objects.read_bytes("bucket", "ckpt/a") == b"two"


def test_what_has_not_changed_is_left_alone(objects: FullStore, host: HostDirectory) -> None:
    path = host.ml / "ckpt" / "a"
    path.write_text("one")
    sync = DirectorySync(SYNCED, [host], objects)
    sync.remember()
    assert sync.look() == []
    assert keys(objects) == []


def test_a_full_store_is_tried_again(objects: FullStore, host: HostDirectory) -> None:
    sync = DirectorySync(SYNCED, [host], objects)
    (host.ml / "ckpt" / "a").write_text("one")
    objects.full = True
    (problem,) = sync.look()
    assert problem.startswith("member: upload to s3://bucket/ckpt/a failed: [Errno 28]")
    objects.full = False
    assert sync.look() == []
    assert keys(objects) == ["ckpt/a"]


def test_a_look_that_is_cut_short_removes_nothing(objects: FullStore, host: HostDirectory) -> None:
    sync = DirectorySync(SYNCED, [host], objects)
    for name in ("a", "b"):
        (host.ml / "ckpt" / name).write_text(name)
    assert sync.look() == []
    (host.ml / "ckpt" / "a").unlink()
    assert sync.look(lambda: True) == []
    assert keys(objects) == ["ckpt/a", "ckpt/b"]
    assert sync.look() == []
    assert keys(objects) == ["ckpt/b"]


def test_a_name_that_no_key_can_have(objects: FullStore, host: HostDirectory) -> None:
    sync = DirectorySync(SYNCED, [host], objects)
    Path(os.fsdecode(os.fsencode(host.ml / "ckpt") + b"/\xff")).write_text("x")
    (host.ml / "ckpt" / "good").write_text("x")
    (problem,) = sync.look()
    problem.encode()
    assert keys(objects) == ["ckpt/good"]


def test_a_tree_deeper_than_any_key(objects: FullStore, host: HostDirectory) -> None:
    make_deep(host.ml / "ckpt", 200)
    (host.ml / "ckpt" / "good").write_text("x")
    (problem,) = DirectorySync(SYNCED, [host], objects).look()
    assert "too long" in problem
    assert keys(objects) == ["ckpt/good"]


@pytest.mark.parametrize("trick", ["link", "pipe", "folder", "socket", "nothing"])
def test_a_file_that_something_else_took_the_place_of(host: HostDirectory, trick: str) -> None:
    path = host.ml / "ckpt" / "a"
    path.write_text("one")
    files = find_files(host.ml, PurePath("ckpt"))
    found = next(files)
    path.unlink()
    if trick == "link":
        path.symlink_to("/etc/passwd")
    elif trick == "pipe":
        os.mkfifo(path)
    elif trick == "folder":
        path.mkdir()
    elif trick == "socket":
        os.mknod(path, 0o140600)
    with pytest.raises(VanishedError), found.opened():
        pass


def test_a_link_above_the_directory_is_not_followed(host: HostDirectory, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "ckpt").mkdir(parents=True)
    (tmp_path / "elsewhere" / "ckpt" / "secret").write_text("x")
    (host.ml / "inner").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(VanishedError):
        list(find_files(host.ml, PurePath("inner/ckpt")))
