"""Whatever is killed, whenever: nothing that was acknowledged is lost, and nothing is untrue."""

import os
import random
import time
from pathlib import Path

import pytest

from local_sagemaker.daemon import control
from local_sagemaker.kinds import PROCESSING
from local_sagemaker.records.store import TERMINAL
from ml_pipeline_tests.local_sagemaker.safety.world import BUCKET, LINES, World

SEED = int(os.environ.get("ML_PIPELINE_TEST_SEED", "20130211"))
"""Another one makes another story; a failure names the one it had."""

WEIGHTS = {
    World.create: 12,
    World.put: 4,
    World.wait: 10,
    World.look: 5,
    World.stop_job: 2,
    World.kill_daemon: 3,
    World.kill_supervisor: 2,
    World.kill_job: 4,
    World.kill_everything: 1,
    World.start: 5,
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("seed", "steps"),
    [
        (SEED, 100),
        *(pytest.param(SEED + more, 150, marks=pytest.mark.long) for more in range(1, 5)),
    ],
)
def test_nothing_is_lost(tmp_path: Path, seed: int, steps: int) -> None:
    world = World(tmp_path / "home", random.Random(seed))
    try:
        for _ in range(steps):
            [action] = world.random.choices(list(WEIGHTS), list(WEIGHTS.values()))
            world.do(action.__get__(world))
        world.start()
        _wait_until_all_have_ended(world)
        story = f"seed {seed}: {' '.join(world.history)}"
        for name in world.promises:
            _check(world, name, story)
        for key, body in world.objects.items():
            found = world.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
            assert found == body, f"{key} is not what was stored; {story}"
        assert _processes_of(world) == [], f"processes were left behind; {story}"
    finally:
        control.stop(world.root)


def _wait_until_all_have_ended(world: World) -> None:
    deadline = time.monotonic() + 120
    while world.store.unfinished():
        assert time.monotonic() < deadline, [job.name for job in world.store.unfinished()]
        time.sleep(0.1)


def _check(world: World, name: str, story: str) -> None:
    promise = world.promises[name]
    job = world.store.get(PROCESSING, name)
    if job is None:
        assert not promise.acknowledged, f"{name} is lost; {story}"
        return
    described = world.describe(name)
    status, reason = described["ProcessingJobStatus"], described.get("FailureReason", "")
    say = f"{name} is {status} {reason!r}; {story}"
    assert status in TERMINAL, say
    assert promise.last in (None, described), f"{name} has changed since it ended; {say}"
    if status == "Completed":
        expected = [f"line {number}" for number in range(LINES)]
        assert world.log(name) == expected, f"{world.log(name)}; {say}"
        assert world.output(name) == name.encode(), say
    elif status == "Stopped":
        assert promise.stopped, say
    else:
        assert promise.hurt and reason, say


def _processes_of(world: World) -> list[str]:
    """Processes that name the home: supervisors and what runs in their containers."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) in (os.getpid(), world.endpoint.pid):
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            directory = str((process / "cwd").readlink())
        except OSError:
            continue
        if str(world.root) in command or str(world.root) in directory:
            found.append(f"{process.name}: {command}")
    return found
