import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from local_sagemaker.runtimes.build import RuntimeBuilder, RuntimeBuildError
from local_sagemaker.runtimes.catalog import Runtime, find_runtime
from local_sagemaker.runtimes.images.entry import CatalogImage
from local_sagemaker.runtimes.interpreter import inspect
from local_sagemaker.runtimes.mapping import MAPPING_NAME
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox, reason
from ml_pipeline_tests.local_sagemaker.runtimes.wheels import wheel

BASE = "081325390199.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python-310:1.0"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
RUN = ["python3", "/opt/ml/processing/input/code/script.py"]
OFFLINE = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PIP_CONFIG_FILE": os.devnull}


class Builds:
    """A builder's surroundings, and what happens in them."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory = directory
        self.commands: list[list[str]] = []
        self.lines: list[str] = []
        self.fail = False
        self.check: Callable[[], None] = lambda: None
        self.builder = RuntimeBuilder(
            directory, environment, self._run, self._check, self.lines.append
        )

    def _check(self) -> None:
        self.check()

    def _run(
        self,
        command: list[str],
        environment: Mapping[str, str],
        write: Callable[[str], None],
        _lock: int,
    ) -> int:
        self.commands.append(command)
        if self.fail:
            return 1
        done = subprocess.run(
            command, env=dict(environment), capture_output=True, text=True, check=False
        )
        for line in (done.stdout + done.stderr).splitlines():
            write(line)
        return done.returncode


def prepare(runtimes: Path, runtime: Runtime, environment: Path) -> Path:
    """Leave what a build does that is killed before it installs anything."""
    target = runtimes / runtime.key
    shutil.copytree(environment, target, symlinks=True)
    (target / "prepared").write_text(str(target.resolve()))
    return target


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    name, content = wheel("tiny_package", "1.0", "value = 42")
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / name).write_bytes(content)
    return tmp_path / "packages"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What venv makes, once: it takes seconds."""
    directory = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", directory], check=True)
    return directory


@pytest.fixture
def builds(tmp_path: Path, packages: Path) -> Builds:
    offline = {**OFFLINE, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(packages)}
    return Builds(tmp_path / "runtimes", offline)


TINY = Runtime("tiny:1", "tiny", ("tiny_package==1.0",))


def test_a_runtime_is_built_once(builds: Builds) -> None:
    built = builds.builder.provide(TINY)
    code = "import tiny_package; print(tiny_package.value)"
    assert subprocess.check_output([built.python, "-c", code], text=True) == "42\n"
    assert builds.lines[0].startswith(f"Building the runtime {TINY.key} for tiny:1, once")
    count = len(builds.commands)
    assert builds.builder.provide(TINY) == built
    assert len(builds.commands) == count


def claim(directory: Path, **changes: str) -> Path:
    """Pretend that there is a finished runtime for ``TINY``."""
    target = directory / TINY.key
    (target / "bin").mkdir(parents=True)
    (target / "bin" / "python").symlink_to(sys.executable)
    known = asdict(inspect(Path(sys.executable)))
    known.update({"python": str(target / "bin" / "python"), "prefix": str(target), **changes})
    (target / "runtime.json").write_text(json.dumps(known))
    return target


def attempts(builds: Builds) -> bool:
    """Whether a build is begun for ``TINY``."""
    builds.fail = True
    try:
        builds.builder.provide(TINY)
    except RuntimeBuildError:
        return True
    return False


def test_a_finished_runtime_is_taken_as_it_is(builds: Builds) -> None:
    claim(builds.directory)
    assert not attempts(builds)


def test_a_half_built_runtime_is_built_anew(builds: Builds) -> None:
    (claim(builds.directory) / "runtime.json").write_text('{"half"')
    assert attempts(builds)


def test_a_runtime_whose_python_has_gone_is_built_anew(builds: Builds) -> None:
    python = claim(builds.directory) / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert attempts(builds)


def test_a_home_copied_from_elsewhere_builds_its_own(builds: Builds) -> None:
    claim(builds.directory, prefix="/elsewhere")
    assert attempts(builds)


def test_a_package_that_cannot_be_found(builds: Builds, environment: Path) -> None:
    missing = Runtime("tiny:1", "tiny", ("tiny_package==2.0",))
    prepare(builds.directory, missing, environment)
    with pytest.raises(RuntimeBuildError) as caught:
        builds.builder.provide(missing)
    assert "No matching distribution found for tiny_package==2.0" in str(caught.value)
    log = builds.directory / f"{missing.key}.pip.log"
    assert f"pip's log: {log}" in str(caught.value)
    assert log.exists()
    assert not (builds.directory / missing.key).exists()


def test_a_build_that_was_killed_goes_on_where_it_was_cut_off(
    builds: Builds, environment: Path
) -> None:
    target = prepare(builds.directory, TINY, environment)
    (target / "kept").touch()
    built = builds.builder.provide(TINY)
    assert (target / "kept").exists()
    assert not any("venv" in command for command in builds.commands)
    assert "goes on where it was cut off" in builds.lines[0]
    code = "import tiny_package; print(tiny_package.value)"
    assert subprocess.check_output([built.python, "-c", code], text=True) == "42\n"


def test_a_half_made_environment_is_made_anew(builds: Builds) -> None:
    target = builds.directory / TINY.key
    target.mkdir(parents=True)
    (target / "prepared").write_text("/elsewhere")
    assert attempts(builds)
    assert any("venv" in command for command in builds.commands)


def test_of_builds_with_a_label_the_nearest_that_the_index_has(
    builds: Builds, packages: Path, environment: Path
) -> None:
    for version in ("2.0", "3.0+cpu"):
        name, content = wheel("tiny_package", version, "value = 42")
        (packages / name).write_bytes(content)
    known = CatalogImage("x:1", "x", has={"tiny-package": "1.5"})
    runtime = Runtime("x:1", "x", ("tiny_package==1.5+cpu",), known=known)
    prepare(builds.directory, runtime, environment)
    built = builds.builder.provide(runtime)
    code = "import importlib.metadata as m; print(m.version('tiny_package'))"
    assert subprocess.check_output([built.python, "-c", code], text=True) == "3.0+cpu\n"
    assert any("no tiny_package 1.5+cpu; here it is 3.0+cpu" in line for line in builds.lines)


def test_of_some_packages_nothing_else_is_wanted(
    builds: Builds, packages: Path, environment: Path
) -> None:
    name, content = wheel("jars", "1.0", "", requires="tiny_package==9")
    (packages / name).write_bytes(content)
    runtime = Runtime("x:1", "x", ("tiny_package==1.0",), alone=("jars==1.0",))
    assert runtime.key != Runtime("x:1", "x", ("tiny_package==1.0",)).key
    prepare(builds.directory, runtime, environment)
    built = builds.builder.provide(runtime)
    code = "import jars, tiny_package; print(tiny_package.value)"
    assert subprocess.check_output([built.python, "-c", code], text=True) == "42\n"


def test_no_build_has_the_label(builds: Builds, environment: Path) -> None:
    known = CatalogImage("x:1", "x", advice="Do this")
    runtime = Runtime("x:1", "x", ("tiny_package==1.0+cpu",), known=known)
    target = prepare(builds.directory, runtime, environment)
    with pytest.raises(RuntimeBuildError, match=r"has no tiny_package 1.0\+cpu, nor .* Do this"):
        builds.builder.provide(runtime)
    assert not target.exists()


def test_a_package_that_cannot_be_imported_fails_the_build(
    builds: Builds, packages: Path, environment: Path
) -> None:
    name, content = wheel("broken_package", "1.0", "raise ImportError('libfoo.so.1 is missing')")
    (packages / name).write_bytes(content)
    known = CatalogImage("x:1", "x", has={"broken-package": "1.0"})
    runtime = Runtime("x:1", "x", ("broken_package==1.0",), known=known)
    target = prepare(builds.directory, runtime, environment)
    with pytest.raises(RuntimeBuildError) as caught:
        builds.builder.provide(runtime)
    said = "cannot import broken_package: ImportError: libfoo.so.1 is missing"
    assert said in str(caught.value)
    assert "ml-pipeline local image add x:1 --python" in str(caught.value)
    assert not target.exists()


def test_options_for_pip_by_family(tmp_path: Path, packages: Path, environment: Path) -> None:
    settings = {
        **OFFLINE,
        "ML_PIPELINE_LOCAL_PIP_OPTIONS": "--no-index",
        "ML_PIPELINE_LOCAL_PIP_OPTIONS_X": f"--find-links '{packages}'",
        "ML_PIPELINE_LOCAL_PIP_OPTIONS_Y": "--no-such-option",
    }
    builds = Builds(tmp_path / "runtimes", settings)
    runtime = Runtime("x:1", "x", ("tiny_package==1.0",), known=CatalogImage("x:1", "x"))
    prepare(builds.directory, runtime, environment)
    builds.builder.provide(runtime)
    assert any("tiny_package" in command for command in builds.commands[-1])


def test_options_for_pip_that_are_none(tmp_path: Path, environment: Path) -> None:
    builds = Builds(tmp_path / "runtimes", {**OFFLINE, "ML_PIPELINE_LOCAL_PIP_OPTIONS": "'"})
    prepare(builds.directory, TINY, environment)
    with pytest.raises(RuntimeBuildError, match="ML_PIPELINE_LOCAL_PIP_OPTIONS: No closing quot"):
        builds.builder.provide(TINY)


def test_a_requirements_file(builds: Builds, tmp_path: Path, environment: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("tiny_package==1.0\n")
    mapping = tmp_path / "runtimes.json"
    mapping.write_text(json.dumps({"own:*": {"requirements": str(requirements)}}))
    first = find_runtime("own:1", mapping)
    prepare(builds.directory, first, environment)
    built = builds.builder.provide(first)
    code = "import tiny_package; print(tiny_package.value)"
    assert subprocess.check_output([built.python, "-c", code], text=True) == "42\n"
    requirements.write_text("tiny_package\n")
    assert find_runtime("own:1", mapping).key != first.key


def test_a_stop_ends_the_wait_for_another_build(builds: Builds) -> None:
    builds.directory.mkdir()
    with (builds.directory / f"{TINY.key}.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        builds.check = stop = _Stop()
        with pytest.raises(_StoppedError):
            builds.builder.provide(TINY)
    assert stop.looks > 1
    assert builds.lines == [f"Waiting for another job that builds the runtime {TINY.key}."]
    assert builds.commands == []


class _StoppedError(Exception):
    pass


class _Stop:
    looks = 0

    def __call__(self) -> None:
        self.looks += 1
        if self.looks > 2:
            raise _StoppedError


def test_jobs_that_need_the_same_runtime_build_it_once(sandbox: Sandbox) -> None:
    jobs = [
        sandbox.processing(
            name, "print('ran')", AppSpecification={"ImageUri": BASE, "ContainerEntrypoint": RUN}
        )
        for name in ("one", "two")
    ]
    for process in [sandbox.start(job) for job in jobs]:
        process.wait(60)
    logs = sorted((sandbox.log(job) for job in jobs), key=lambda lines: lines[0])
    assert [lines[-1] for lines in logs] == ["ran", "ran"]
    assert [lines[0].split()[0] for lines in logs] == ["Building", "Waiting"]


def test_a_job_stopped_while_its_runtime_is_built(sandbox: Sandbox) -> None:
    app = {"ImageUri": BASE, "ContainerEntrypoint": RUN}
    job = sandbox.processing("job", "print('ran')", AppSpecification=app)
    process = sandbox.start(job)
    sandbox.wait_for(lambda: sandbox.log(job))
    sandbox.stop(job)
    process.wait(60)
    assert sandbox.get(job).status == "Stopped"
    assert "ran" not in sandbox.log(job)
    assert not [path for path in sandbox.home.runtimes.iterdir() if path.is_dir()]


def test_a_killed_build_is_taken_up_by_the_next_job(sandbox: Sandbox, environment: Path) -> None:
    app = {"ImageUri": BASE, "ContainerEntrypoint": RUN}
    prepare(
        sandbox.home.runtimes, find_runtime(BASE, sandbox.home.root / MAPPING_NAME), environment
    )
    job = sandbox.processing("killed", "", AppSpecification=app)
    process = sandbox.start(job)
    sandbox.wait_for(lambda: sandbox.log(job))
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    after = sandbox.process("after", "print('ran')", AppSpecification=app)
    assert after.status == "Completed", sandbox.log(after)
    assert sandbox.log(after)[-1] == "ran"


def test_a_package_index_out_of_reach(sandbox: Sandbox, environment: Path) -> None:
    runtime = find_runtime(SKLEARN, sandbox.home.root / MAPPING_NAME)
    prepare(sandbox.home.runtimes, runtime, environment)
    sandbox.environment = {
        **OFFLINE,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "1",
    }
    app = {"ImageUri": SKLEARN, "ContainerEntrypoint": RUN}
    job = sandbox.process("job", "", AppSpecification=app)
    assert job.status == "Failed"
    assert reason(job).startswith("ClientError: the runtime sagemaker-scikit-learn-1.4-2-py")
    assert "PIP_INDEX_URL" in reason(job)
    assert "HTTPS_PROXY" in reason(job)
    assert str(sandbox.home.runtimes) in reason(job)
    assert any("Connection refused" in line for line in sandbox.log(job))
    assert not [path for path in sandbox.home.runtimes.iterdir() if path.is_dir()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk(tmp_path: Path) -> None:
    code = """
import os, subprocess, sys
from pathlib import Path
from ml_pipeline_tests.local_sagemaker.runtimes.test_build import Builds, OFFLINE, TINY
home = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", home], check=True)
try:
    Builds(home / "runtimes", OFFLINE).builder.provide(TINY)
except Exception as error:
    print(type(error).__name__, error, os.listdir(home / "runtimes"))
"""
    command = ["unshare", "--mount", sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("RuntimeBuildError")
    assert "Free space on the disk of" in done.stdout
    assert f"['{TINY.key}.lock']" in done.stdout
