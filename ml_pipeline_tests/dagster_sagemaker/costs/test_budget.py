"""Limits of cost, on the local service: what is refused is never submitted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dagster as dg
import pytest

from dagster_sagemaker import PipesSageMakerProcessingClient, PriceTable, SageMakerConnection
from dagster_sagemaker.costs.budget import CONFIRM_TAG
from dagster_sagemaker.options import JobKeywords
from dagster_sagemaker.run_jobs import RunJob, jobs_of, note
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import failure

PRICES = PriceTable("here", "2026-11-01", {"ml.m5.xlarge": 3.0})
BACKFILL = {"dagster/backfill": "b"}
Client = Callable[[JobKeywords], PipesSageMakerProcessingClient]


@pytest.fixture
def client(service: PlayedService, connection: SageMakerConnection, bucket: str) -> Client:
    def make(limits: JobKeywords) -> PipesSageMakerProcessingClient:
        options: JobKeywords = {"polling": QUICK, "prices": PRICES, **limits}
        return PipesSageMakerProcessingClient(connection, bucket=bucket, **options)

    return make


@pytest.fixture
def request_of_an_hour(processing_request: dict[str, Any]) -> dict[str, Any]:
    """At most 3 dollars; each job that is played takes 12.5 seconds, and so about a cent."""
    return {**processing_request, "StoppingCondition": {"MaxRuntimeInSeconds": 3600}}


def run(
    client: PipesSageMakerProcessingClient,
    request: dict[str, Any],
    instance: dg.DagsterInstance | None = None,
    *,
    jobs: int = 1,
    tags: dict[str, str] | None = None,
) -> dg.ExecuteInProcessResult:
    """A run with so many jobs, one after the other."""

    def asset(number: int) -> dg.AssetsDefinition:
        @dg.asset(name=f"asset_{number}", deps=[f"asset_{number - 1}"] if number else [])
        def one(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
            job = client.run(context=context, request=request).job
            return dg.MaterializeResult(metadata=job.metadata)

        return one

    return dg.materialize(
        [asset(number) for number in range(jobs)],
        instance=instance or dg.DagsterInstance.ephemeral(),
        tags=tags,
        raise_on_error=False,
    )


def test_a_job_that_may_cost_too_much_is_refused_and_can_be_confirmed(
    service: PlayedService,
    client: Client,
    request_of_an_hour: dict[str, Any],
    write_outputs: Callable[[Job], None],
) -> None:
    cheap = client({"max_usd_per_job": 2.5})
    message = failure(run(cheap, request_of_an_hour))
    assert "can cost up to 3.00 USD and max_usd_per_job is 2.5 (here, on demand, 2026" in message
    assert f"{CONFIRM_TAG}=true" in message
    assert service.calls["CreateProcessingJob"] == 0
    service.endings.append(Ending(on_end=write_outputs))
    assert run(cheap, request_of_an_hour, tags={CONFIRM_TAG: "true"}).success


def test_a_job_of_unknown_price_is_refused_only_where_there_is_a_limit(
    service: PlayedService,
    client: Client,
    request_of_an_hour: dict[str, Any],
    write_outputs: Callable[[Job], None],
) -> None:
    unknown = replace(PRICES, usd_per_hour={})
    limited = client({"max_usd_per_job": 99.0, "prices": unknown})
    assert "can cost is not known" in failure(run(limited, request_of_an_hour))
    assert service.calls["CreateProcessingJob"] == 0
    service.endings.append(Ending(on_end=write_outputs))
    result = run(client({"prices": unknown}), request_of_an_hour)
    assert result.success
    [event] = result.asset_materializations_for_node("asset_0")
    assert "cost_usd" not in event.metadata


def test_jobs_of_a_run_that_have_ended_count_with_what_they_cost(
    service: PlayedService,
    client: Client,
    request_of_an_hour: dict[str, Any],
    write_outputs: Callable[[Job], None],
) -> None:
    service.endings += [Ending(on_end=write_outputs) for _ in range(3)]
    result = run(client({"max_usd_per_run": 3.02}), request_of_an_hour, jobs=2)
    assert result.success
    [event] = result.asset_materializations_for_node("asset_0")
    assert event.metadata["cost_usd"].value == pytest.approx(3 * 12.5 / 3600, abs=1e-6)
    refused = run(client({"max_usd_per_run": 3.005}), request_of_an_hour, jobs=2)
    assert "beside 0.01 USD of other jobs, and max_usd_per_run is 3.005" in failure(refused)
    assert service.calls["CreateProcessingJob"] == 3


def test_a_backfill_has_one_budget_for_all_its_runs(
    service: PlayedService,
    client: Client,
    request_of_an_hour: dict[str, Any],
    write_outputs: Callable[[Job], None],
) -> None:
    instance = dg.DagsterInstance.ephemeral()
    other = instance.create_run_for_job(dg.GraphDefinition("other").to_job(), tags=BACKFILL)
    # It has not ended yet, and may still cost all that it can.
    running = RunJob("other-1", "processing", other.run_id, usd=3.0)
    note(instance, other.run_id, running, stop=False)
    limited = client({"max_usd_per_backfill": 5.0})
    refused = run(limited, request_of_an_hour, instance, tags=BACKFILL)
    assert "beside 3.00 USD of other jobs, and max_usd_per_backfill is 5" in failure(refused)
    # What was refused counts nothing; and another backfill has a budget of its own.
    [noted] = [job.usd for job in jobs_of(stored(instance, refused.run_id))]
    assert noted == 0.0
    service.endings.append(Ending(on_end=write_outputs))
    assert run(limited, request_of_an_hour, instance, tags={"dagster/backfill": "c"}).success


def stored(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run
