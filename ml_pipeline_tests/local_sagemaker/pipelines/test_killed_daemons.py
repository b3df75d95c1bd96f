"""A daemon that is killed between what it writes: each job is created, and created once."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from local_sagemaker.pipelines.step_jobs import StepJobs
from local_sagemaker.pipelines.store import PipelineStore
from ml_pipeline_tests.local_sagemaker.pipelines.conftest import World
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import (
    condition,
    definition,
    equals,
    processing,
    token,
    training,
)


class KilledError(BaseException):
    """Stands for the end of the process."""


def killing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Have the write or create call of a number end the process, before or after it is done."""
    left = count(number, -1)

    def dying(done: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if next(left) == 1:
                raise KilledError
            result = done(*arguments)
            if next(left) == 1:
                raise KilledError
            return result

        return call

    monkeypatch.setattr(PipelineStore, "put_step", dying(PipelineStore.put_step))
    monkeypatch.setattr(StepJobs, "create", dying(StepJobs.create))


def test_wherever_the_daemon_is_killed_each_step_has_one_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = condition("b", [equals(1, 1)], [training("c", DependsOn=["a"])], [])
    world.create(definition(processing("a"), branch))
    for number in count(1):
        arn = world.call("StartPipelineExecution", PipelineName="flow", ClientRequestToken=token())[
            "PipelineExecutionArn"
        ]
        if not killed(world, arn, number, monkeypatch):
            break
        world.advance(arn)
        if world.steps(arn)["a"].runs:
            world.end(arn, "a")
        world.end(arn, "c")
        assert world.status(arn) == "Succeeded", f"killed at {number}"
        assert world.jobs.unfinished() == [], f"killed at {number}"
        attempts = {name: run.details.get("Attempts") for name, run in world.steps(arn).items()}
        assert attempts == {"a": 1, "b": None, "c": 1}, f"killed at {number}"
    assert number > 10


def killed(world: World, arn: str, number: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Take an execution on until the process ends, if it does."""
    with monkeypatch.context() as patched:
        killing(patched, number)
        try:
            world.advance(arn)
            world.end(arn, "a")
        except KilledError:
            return True
    return False
