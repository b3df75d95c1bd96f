import os
from pathlib import Path

import pytest

from local_sagemaker.jobs.data.archive import write_archive
from local_sagemaker.jobs.data.merging import merge, tell_of_lost
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import members


@pytest.fixture
def hosts(tmp_path: Path) -> list[Path]:
    directories = [tmp_path / f"algo-{number}" for number in (1, 2)]
    for directory in directories:
        directory.mkdir()
    return directories


def test_the_last_host_wins(hosts: list[Path]) -> None:
    for host in hosts:
        (host / "both").mkdir()
        (host / "both" / "same").write_text(host.name)
        (host / "both" / host.name).touch()
    merged = merge(hosts)
    assert list(merged.entries) == ["both", "both/algo-1", "both/algo-2", "both/same"]
    assert merged.entries["both/same"] == hosts[1] / "both" / "same"
    assert merged.replaced == ["both/same"]


def test_a_file_in_the_place_of_a_directory_and_the_other_way_round(hosts: list[Path]) -> None:
    (hosts[0] / "a" / "deep").mkdir(parents=True)
    (hosts[0] / "b").touch()
    (hosts[1] / "a").touch()
    (hosts[1] / "b" / "deep").mkdir(parents=True)
    merged = merge(hosts)
    assert list(merged.entries) == ["a", "b", "b/deep"]
    assert merged.replaced == ["a", "b"]


def test_links_are_kept_and_not_followed(hosts: list[Path], tmp_path: Path) -> None:
    (hosts[0] / "real").mkdir()
    (hosts[0] / "real" / "file").write_text("x")
    (hosts[0] / "link").symlink_to("real")
    (hosts[1] / "real").symlink_to("/etc")
    merged = merge(hosts)
    assert list(merged.entries) == ["link", "real"]
    assert write_archive(merged.entries, tmp_path / "archive")
    assert members((tmp_path / "archive").read_bytes()) == {"link": b"", "real": b""}


def test_a_directory_that_is_a_link_or_gone_is_passed_over(hosts: list[Path]) -> None:
    (hosts[0] / "file").touch()
    hosts[1].rmdir()
    hosts[1].symlink_to("/etc")
    assert list(merge([*hosts, hosts[0] / "missing"]).entries) == ["file"]


def test_nothing_makes_no_archive(hosts: list[Path], tmp_path: Path) -> None:
    assert not write_archive(merge(hosts).entries, tmp_path / "archive")
    assert not (tmp_path / "archive").exists()


def test_a_tree_of_any_depth(hosts: list[Path]) -> None:
    deepest = Path(hosts[0], *["d"] * 1500)
    made = hosts[0]
    for _ in range(1500):
        made = made / "d"
        made.mkdir()
    try:
        assert merge(hosts).entries["/".join(["d"] * 1500)] == deepest
    finally:
        while deepest != hosts[0]:  # pytest could not remove it
            deepest.rmdir()
            deepest = deepest.parent


def test_what_is_lost_is_told_whatever_its_name(hosts: list[Path]) -> None:
    for host in hosts:
        for name in (os.fsdecode(b"\xff"), *"abcdef"):
            (host / name).touch()
    told: list[str] = []
    tell_of_lost(hosts, "s3://bucket/x", told.append)
    tell_of_lost(hosts[:1], "s3://bucket/x", told.append)
    (line,) = told
    assert "s3://bucket/x" in line
    assert line.endswith("a, b, c, d, e and 2 more")
    line.encode()
