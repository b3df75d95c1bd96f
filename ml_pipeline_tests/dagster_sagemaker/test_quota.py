from typing import Any
from unittest.mock import Mock

import dagster as dg
import pytest
from botocore.exceptions import ClientError

from dagster_sagemaker.errors import JobNotCreatedError, QuotaTooSmallError
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.quota import QuotaLine, can_be_granted
from ml_pipeline_tests.dagster_sagemaker.own_time import OwnTime


def refusal(limit: int, used: int = 0, more: int = 1) -> ClientError:
    text = (
        f"The account-level service limit 'ml.p3.2xlarge for training job usage' is {limit} "
        f"Instances, with current utilization of {used} Instances and a request delta of {more} "
        "Instances. Please contact AWS support to request an increase for this limit."
    )
    error: Any = {"Error": {"Code": "ResourceLimitExceeded", "Message": text}}
    return ClientError(error, "CreateTrainingJob")


@pytest.mark.parametrize(
    ("limit", "used", "more", "granted"),
    [(0, 0, 1, False), (2, 0, 3, False), (2, 2, 1, True), (2, 1, 2, True)],
)
def test_a_quota_is_waited_for_only_if_it_can_ever_be_enough(
    limit: int, used: int, more: int, granted: bool
) -> None:
    assert can_be_granted(refusal(limit, used, more)) is granted


def test_a_limit_that_does_not_say_its_size_is_waited_for() -> None:
    error: Any = {"Error": {"Code": "ResourceLimitExceeded", "Message": "Too many jobs."}}
    assert can_be_granted(ClientError(error, "CreateTrainingJob"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> OwnTime:
    clock = OwnTime()
    monkeypatch.setattr("dagster_sagemaker.quota.time", clock)
    monkeypatch.setattr("dagster_sagemaker.interrupts.time", clock)
    return clock


def test_the_wait_is_said_at_first_and_then_rarely(clock: OwnTime) -> None:
    log = Mock(spec=dg.DagsterLogManager)
    line = QuotaLine("job x", Polling(), None, log, _started=clock.monotonic())
    tries = 0
    while clock.monotonic() < 3600:
        line.wait(refusal(1, used=1))
        tries += 1
    said = [call.args[0] for call in log.info.call_args_list]
    assert said[0].startswith("[sagemaker] job x waits in line, 0 s so far: The account-level")
    assert 5 <= len(said) <= 7
    assert tries < 300


def test_the_wait_has_an_end(clock: OwnTime) -> None:
    line = QuotaLine("job x", Polling(), 60.0, Mock(), _started=clock.monotonic())
    with pytest.raises(JobNotCreatedError, match="max_quota_wait_seconds=60") as caught:
        while True:
            line.wait(refusal(1, used=1))
    assert clock.monotonic() == 60
    assert caught.value.allow_retries


def test_what_can_never_be_granted_fails_at_once(clock: OwnTime) -> None:
    line = QuotaLine("job x", Polling(), None, Mock(), _started=clock.monotonic())
    with pytest.raises(QuotaTooSmallError, match="as long as the quota is what it is") as caught:
        line.wait(refusal(0))
    assert clock.monotonic() == 0
    assert not caught.value.allow_retries
