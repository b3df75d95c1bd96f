import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from local_sagemaker.home import Home
from local_sagemaker.runtimes.images_here import images_here
from local_sagemaker.runtimes.interpreter import inspect
from local_sagemaker.runtimes.inventory import RuntimeInUseError, list_built, remove
from local_sagemaker.runtimes.locks import RuntimeLock
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox

BASE = "081325390199.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python-310:1.0"
RUN = ["python3", "/opt/ml/processing/input/code/script.py"]


def claim(home: Home, key: str) -> Path:
    """Pretend that a runtime has been built."""
    target = home.runtimes / key
    (target / "bin").mkdir(parents=True)
    python = target / "bin" / "python"
    python.symlink_to(sys.executable)
    known = {**asdict(inspect(Path(sys.executable))), "python": str(python), "prefix": str(target)}
    (target / "runtime.json").write_text(json.dumps(known))
    (target / "data").write_bytes(b"x" * 100_000)
    return target


def test_what_is_built(home: Home) -> None:
    claim(home, "one")
    (home.runtimes / "two").mkdir()
    (home.runtimes / "one.pip.log").touch()
    lock = home.runtimes / "one.lock"
    lock.touch()
    os.utime(lock, (1000, 1000))
    one, two = list_built(home)
    assert (one.key, one.path, one.last_used, one.finished) == (
        "one",
        home.runtimes / "one",
        1000,
        True,
    )
    assert one.bytes >= 100_000
    assert (two.key, two.finished) == ("two", False)


def test_nothing_is_built(tmp_path: Path) -> None:
    assert list_built(Home(tmp_path / "nowhere")) == []


def test_removing(home: Home) -> None:
    claim(home, "one")
    (home.runtimes / "one.pip.log").touch()
    assert remove(home, "one") >= 100_000
    assert list(home.runtimes.iterdir()) == []
    assert remove(home, "one") == 0


def test_what_a_job_uses_is_not_removed(home: Home) -> None:
    target = claim(home, "one")
    job = RuntimeLock(home.runtimes / "one.lock")
    assert job.share()
    with pytest.raises(RuntimeInUseError, match="one is in use"):
        remove(home, "one")
    assert (target / "data").exists()
    waits = []

    def check() -> None:
        waits.append(1)
        if len(waits) == 2:
            job.close()

    assert remove(home, "one", check) > 0
    assert len(waits) == 2


def test_the_lock_of_a_removed_runtime_is_worth_nothing(home: Home) -> None:
    """Who waited while it was removed must not build beside one who came later."""
    claim(home, "one")
    waiting = RuntimeLock(home.runtimes / "one.lock")
    remove(home, "one")
    late = RuntimeLock(home.runtimes / "one.lock")
    assert late.own()
    assert not waiting.own()
    late.close()
    assert waiting.own()
    waiting.close()


def test_a_running_job_keeps_its_runtime_and_a_killed_one_does_not(sandbox: Sandbox) -> None:
    script = "import time; print('runs', flush=True); time.sleep(60)"
    app = {"ImageUri": BASE, "ContainerEntrypoint": RUN}
    job = sandbox.processing("job", script, AppSpecification=app)
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs")
    (runtime,) = list_built(sandbox.home)
    with pytest.raises(RuntimeInUseError):
        remove(sandbox.home, runtime.key)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    sandbox.wait_for(lambda: _removable(sandbox.home, runtime.key))
    assert not runtime.path.exists()


def _removable(home: Home, key: str) -> bool:
    try:
        return remove(home, key) > 0
    except RuntimeInUseError:
        return False


def test_one_who_is_killed_while_removing_leaves_nothing_half_there(home: Home) -> None:
    """What is half deleted has another name, and goes with the next."""
    target = claim(home, "one")
    target.rename(home.runtimes / "one.removing")
    assert [one.finished for one in list_built(home)] == [False]
    claim(home, "one")
    assert remove(home, "one") > 0
    assert list(home.runtimes.iterdir()) == []


def test_images_of_both_kinds_are_listed(home: Home, tmp_path: Path) -> None:
    mapping = {
        "mine:*": {"python": sys.executable},
        "gone:1": {"requirements": str(tmp_path / "none.txt")},
    }
    (home.root / "runtimes.json").write_text(json.dumps(mapping))
    found = {one.image: one for one in images_here(home)}
    assert found["mine:*"].python == Path(sys.executable)
    assert "none.txt cannot be read" in str(found["gone:1"].problem)
    assert found["sagemaker-scikit-learn:1.2-1"].built is None
    assert "pandas 1.1.3" in str(found["sagemaker-scikit-learn:1.2-1"].difference)


def test_the_command_line(tmp_path: Path) -> None:
    environment = {**os.environ, "ML_PIPELINE_HOME": str(tmp_path / "home")}

    def image(*arguments: str) -> "subprocess.CompletedProcess[str]":
        code = "from ml_pipeline.cli import main; main()"
        command = [sys.executable, "-c", code, "local", "image", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    own = "1.dkr.ecr.us-east-1.amazonaws.com/team/own:3"
    assert "--python" in image("add", own).stderr
    assert "not a Python that runs" in image("add", own, "--python", "/bin/false").stderr
    added = image("add", own, "--python", sys.executable, "--entrypoint", "python3 /app/x.py")
    assert added.returncode == 0, added.stderr
    content = json.loads((tmp_path / "home" / "runtimes.json").read_text())
    assert content == {own: {"python": sys.executable, "entrypoint": ["python3", "/app/x.py"]}}
    listed = image("list").stdout
    assert own in listed
    assert "sagemaker-xgboost:1.7-1" in listed
    assert image("remove", own).stdout == f"{own}: mapping removed\n"
    assert "nothing was built" in image("remove", own).stderr
    assert "ml-pipeline local image add" in image("build", own).stderr
