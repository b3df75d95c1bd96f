"""Peaks in the metadata of whole jobs, and what is in the way of them."""

from collections.abc import Callable
from typing import Any

import dagster as dg

from dagster_sagemaker import PipesSageMakerProcessingClient, PipesSageMakerTrainingClient
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import (
    log_lines,
    run_asset,
    step_failure_metadata,
)

Write = Callable[[Job], None]

GIBIBYTE = 1024**3


def taken(*gibibytes: float) -> dict[str, Any]:
    """What the hosts of a job took, in the record that the local service has of it."""
    hosts = {
        f"algo-{number}": {
            "PeakMemoryBytes": size * GIBIBYTE,
            "PeakCpuPercent": 150.0,
            "PeakDiskBytes": 3 * GIBIBYTE,
        }
        for number, size in enumerate(gibibytes, 1)
    }
    return {"ResourceUse": {"Hosts": hosts}}


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    assert result.success
    (event,) = result.asset_materializations_for_node("dataset")
    return {key: value.value for key, value in event.metadata.items()}


def test_peaks_and_a_recommendation_are_metadata(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.endings.append(Ending(on_end=write_outputs, fields=taken(4)))
    values = metadata(run_asset(processing, processing_request)[0])
    peaks = {key: value for key, value in values.items() if key.startswith("peak")}
    assert peaks == {
        "peak_memory_percent": 25.0,
        "peak_memory_gib": 4.0,
        "peak_cpu_percent": 150.0,
        "peak_disk_percent": 10.0,
    }
    assert values["right_sizing"] == (
        "peaked at 25 % of 16 GiB on ml.m5.xlarge; ml.m5.large would do"
    )
    assert service.calls["GetMetricData"] == 1


def test_of_several_hosts_the_busiest_counts_and_a_table_has_all(
    service: PlayedService,
    training: PipesSageMakerTrainingClient,
    training_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    training_request["ResourceConfig"]["InstanceCount"] = 3
    service.endings.append(Ending(on_end=write_outputs, fields=taken(1, 10, 2)))
    values = metadata(run_asset(training, training_request)[0])
    assert values["peak_memory_percent"] == 62.5
    shares = [record.data["peak_memory_percent"] for record in values["peaks_by_host"].records]
    assert shares == [6.25, 62.5, 12.5]
    assert values["right_sizing"].endswith("no smaller ml.m5 would do")


def test_a_job_that_failed_tells_what_it_took_too(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    service.endings.append(Ending(status="Failed", fields=taken(15.5)))
    found = step_failure_metadata(run_asset(processing, processing_request)[0])
    assert found["right_sizing"].value == (
        "peaked at 97 % of 16 GiB on ml.m5.xlarge; ml.m5.2xlarge would leave room"
    )
    assert found["job_status"].value == "Failed"


def test_a_job_of_which_nothing_is_known_has_none_of_it(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.endings.append(Ending(on_end=write_outputs))
    values = metadata(run_asset(processing, processing_request)[0])
    assert [key for key in values if key.startswith(("peak", "right"))] == []


def test_without_the_switch_nothing_is_asked(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.endings.append(Ending(on_end=write_outputs, fields=taken(4)))

    @dg.asset(name="dataset")
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        job = processing.run(context=context, request=processing_request, resource_metrics=False)
        return dg.MaterializeResult(metadata=job.job.metadata)

    values = metadata(dg.materialize([asset]))
    assert "peak_memory_percent" not in values
    assert service.calls["GetMetricData"] == 0


def test_a_permission_that_is_missing_is_said_once(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.fail("GetMetricData", "AccessDeniedException", "not authorized", times=2)
    service.endings.extend(Ending(on_end=write_outputs, fields=taken(4)) for _ in range(2))

    def made(name: str) -> dg.AssetsDefinition:
        @dg.asset(name=name)
        def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
            job = processing.run(context=context, request=processing_request).job
            return dg.MaterializeResult(metadata=job.metadata)

        return asset

    instance = dg.DagsterInstance.ephemeral()
    result = dg.materialize([made("one"), made("two")], instance=instance)
    assert result.success
    said = [line for line in log_lines(result, instance) if "cloudwatch:GetMetricData" in line]
    assert len(said) == 1
    assert "not authorized" in said[0] and "resource_metrics=False" in said[0]
    assert service.calls["GetMetricData"] == 1


def test_trouble_with_cloudwatch_changes_no_end(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.faults.add("drop", operation="GetMetricData")
    service.endings.append(Ending(on_end=write_outputs, fields=taken(4)))
    result, instance = run_asset(processing, processing_request)
    assert result.success
    [line] = [line for line in log_lines(result, instance) if "took of its instances" in line]
    assert service.only_job.name in line
