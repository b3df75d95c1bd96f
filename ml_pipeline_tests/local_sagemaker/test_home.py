from pathlib import Path

import pytest

from local_sagemaker.home import Home
from local_sagemaker.kinds import PROCESSING


def test_everything_belongs_to_this_user_alone(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    home = Home(tmp_path / "home").create()
    for directory in (home.root, home.s3, home.logs, home.jobs, home.runtimes):
        assert directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("runtimes", [False, True])
def test_clear_deletes_what_jobs_left_and_nothing_beyond(tmp_path: Path, runtimes: bool) -> None:
    home = Home(tmp_path / "home").create()
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    (outside / "file").touch()
    job = home.job_directory(PROCESSING, "job")
    (job / "locked" / "inner").mkdir(parents=True)
    (job / "link").symlink_to(outside)
    (job / "locked").chmod(0)
    (home.runtimes / "image").mkdir()
    for file in (home.job_database, home.root / "jobs.db-wal", home.root / "mine.txt"):
        file.touch()

    home.clear(runtimes=runtimes)

    left = {path.name for path in home.root.iterdir()}
    assert left == {"mine.txt"} | (set() if runtimes else {"runtimes"})
    assert (outside / "file").exists()
    assert outside.stat().st_mode & 0o777 == 0o755
