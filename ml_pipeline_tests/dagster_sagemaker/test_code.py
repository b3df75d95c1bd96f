import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from dagster_sagemaker import CodeBundle


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    (tmp_path / "run.py").write_text("import lib.helper")
    (tmp_path / "lib" / "helper.py").write_text("x = 1")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "run.cpython-311.pyc").write_bytes(b"junk")
    return tmp_path


def test_equal_files_give_equal_bytes_whatever_their_times_and_order(source: Path) -> None:
    first = CodeBundle(source, "run.py")
    archive = first.archive
    os.utime(source / "run.py", (0, 0))
    (source / "run.py").chmod(0o700)
    names = {"lib/helper.py": source / "lib" / "helper.py", "run.py": source / "run.py"}
    second = CodeBundle(names, "run.py")
    assert second.archive == archive
    assert second.version == first.version
    assert second.content_hash == first.content_hash


def test_the_version_changes_with_content_and_with_names(source: Path) -> None:
    versions = {CodeBundle(source, "run.py").version}
    (source / "run.py").write_text("import lib.helper  # changed")
    versions.add(CodeBundle(source, "run.py").version)
    (source / "lib" / "helper.py").rename(source / "lib" / "renamed.py")
    versions.add(CodeBundle(source, "run.py").version)
    assert len(versions) == 3


def test_version_and_upload_agree_even_if_a_file_changes_in_between(source: Path) -> None:
    bundle = CodeBundle(source, "run.py")
    version = bundle.version
    (source / "run.py").write_text("changed")
    uploaded = {
        upload.uri.rpartition("/")[2]: upload.content
        for upload in bundle.directory_uploads("s3://b/c")
    }
    assert bundle.version == version
    assert uploaded["run.py"] == b"import lib.helper"


def test_a_bundle_leaves_caches_out_and_brings_pipes(source: Path) -> None:
    with_pipes = CodeBundle(source, "run.py")
    without = CodeBundle(source, "run.py", pipes=False)
    assert list(with_pipes.files) == ["dagster_pipes.py", "lib/helper.py", "run.py"]
    assert list(without.files) == ["lib/helper.py", "run.py"]
    assert with_pipes.version == without.version
    assert with_pipes.content_hash != without.content_hash


@pytest.mark.parametrize(
    ("files", "pipes"),
    [
        ({"run.py": b"print(1)"}, False),
        ({"run.py": b"from dagster_pipes import open_dagster_pipes"}, True),
        ({"run.py": b"import lib", "lib.py": b"import dagster_pipes as pipes"}, True),
        ({"run.py": b"import lib", "requirements.txt": b"dagster-pipes==1.13"}, True),
    ],
)
def test_a_script_that_does_not_mention_pipes_does_not_use_them(
    files: dict[str, bytes], pipes: bool
) -> None:
    assert CodeBundle(files, "run.py").pipes is pipes


def test_the_unpacked_archive_runs_with_pipes_and_without_the_package(
    source: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (source / "run.py").write_text(
        "import lib.helper, dagster_pipes\n"
        "assert dagster_pipes.__file__.endswith('dagster_pipes.py')\n"
    )
    target = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(fileobj=io.BytesIO(CodeBundle(source, "run.py").archive)) as archive:
        members = archive.getmembers()
        archive.extractall(target, filter="data")
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in members} == {
        (0, 0, 0, "")
    }
    # -I -S: nothing but the standard library and the bundle.
    script = f"import sys; sys.path.insert(0, {str(target)!r}); import run"
    subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True)


def test_a_bundle_without_its_entry_point_is_refused(source: Path) -> None:
    with pytest.raises(ValueError, match=r"'missing.py' is not among the files"):
        _ = CodeBundle(source, "missing.py").version
    with pytest.raises(FileNotFoundError):
        _ = CodeBundle([source / "gone.py"], "gone.py").version


def test_a_name_outside_the_bundle_is_refused(source: Path) -> None:
    with pytest.raises(ValueError, match="outside the code bundle"):
        _ = CodeBundle({"../run.py": source / "run.py"}, "../run.py").version


def test_requirements_are_part_of_the_bundle_under_the_name_that_is_installed(
    source: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    needs = tmp_path_factory.mktemp("needs") / "needs.txt"
    with pytest.raises(FileNotFoundError, match=r"requirements file .*needs\.txt does not exist"):
        _ = CodeBundle(source, "run.py", requirements=needs).version
    needs.write_text("six\n")
    with_needs = CodeBundle(source, "run.py", requirements=needs)
    assert with_needs.sources["requirements.txt"] == b"six\n"
    assert with_needs.version != CodeBundle(source, "run.py").version
    (source / "requirements.txt").write_text("attrs\n")
    with pytest.raises(ValueError, match=r"has a requirements\.txt beside .*needs\.txt"):
        _ = CodeBundle(source, "run.py", requirements=needs).version


def test_a_bundle_over_its_limit_is_refused_before_it_is_read(source: Path) -> None:
    with (source / "data.bin").open("wb") as file:
        file.truncate(300 * 1024**2)  # takes no room on disk
    with pytest.raises(ValueError, match=r"314572\d{3} bytes.*largest file is 'data\.bin'"):
        _ = CodeBundle(source, "run.py").version
    (source / "data.bin").unlink()
    with pytest.raises(ValueError, match="may have 10;"):
        _ = CodeBundle(source, "run.py", max_bytes=10).version
