"""Hosts that wrote over each other's outputs."""

from collections.abc import Callable
from typing import Any

import pytest

from dagster_sagemaker import PipesSageMakerProcessingClient, S3Object, S3Output
from dagster_sagemaker.kinds import PROCESSING, TRAINING
from dagster_sagemaker.same_keys import same_keys_warning
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import run_asset


def output(*names: str) -> S3Output:
    objects = tuple(S3Object(f"out/algo-1-of-old/{name}", 1, "e") for name in names)
    return S3Output("s3://bucket/out/algo-1-of-old/", objects)


def warning(count: int, *outputs: S3Output, entrypoint: str = "python3") -> str | None:
    description: dict[str, Any] = {
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": count}},
        "AppSpecification": {"ContainerEntrypoint": [entrypoint, "x.py"]},
    }
    found = {f"output-{number}": one for number, one in enumerate(outputs)}
    return same_keys_warning(PROCESSING, description, found)


@pytest.mark.parametrize(
    ("count", "outputs"),
    [
        (2, [output("data.parquet"), output("report.json")]),
        (2, [output("train.csv", "validation.csv", "holdout.csv")]),
        (3, [output("part-0.csv", "part-1.csv")]),
    ],
)
def test_no_output_with_a_part_of_every_host(count: int, outputs: list[S3Output]) -> None:
    found = warning(count, *outputs)
    assert found is not None
    assert found.startswith(f"{count} instances, and no output has {count} parts: either one")


@pytest.mark.parametrize(
    ("count", "outputs"),
    [
        (1, [output("a")]),
        (2, [output("part-0.csv", "part-1.csv"), output("report.json")]),
        (2, [output("a-3f2b9c0d11.parquet", "a-77ab01cd92.parquet")]),
        (4, [output("part-algo-1", "part-algo-3")]),
        (3, [output(), output()]),
        (3, []),
    ],
)
def test_outputs_that_look_right(count: int, outputs: list[S3Output]) -> None:
    assert warning(count, *outputs) is None


def test_who_shares_the_work_out_is_not_suspected() -> None:
    assert warning(4, output("a"), entrypoint="smspark-submit") is None
    resources = {"ResourceConfig": {"InstanceCount": 4}}
    assert same_keys_warning(TRAINING, resources, {"model": output("model.tar.gz")}) is None


def test_it_is_in_the_metadata_of_the_job(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Callable[[Job], None],
) -> None:
    processing_request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    service.endings.append(Ending(on_end=write_outputs))
    result, _ = run_asset(processing, processing_request)
    (event,) = result.asset_materializations_for_node("dataset")
    assert "each wrote the same keys" in str(event.metadata["same_keys_warning"].value)
