"""What is said of instance types, against what EC2 says."""

import gzip
import json
from functools import cache
from importlib.resources import files
from typing import Any

from botocore.session import get_session

from dagster_sagemaker.images.processors import processor_of
from dagster_sagemaker.right_sizing.instance_facts import facts_of, types_of_family

TYPES = sorted(
    {
        name
        for shape in ("ProcessingInstanceType", "TrainingInstanceType")
        for name in get_session().get_service_model("sagemaker").shape_for(shape).enum  # type: ignore[attr-defined]
    }
)


def table() -> Any:
    path = files("dagster_sagemaker.right_sizing").joinpath("instance_facts.json")
    return json.loads(path.read_text())


@cache
def of_ec2() -> Any:
    path = files("moto").joinpath("ec2/resources/instance_types.json.gz")
    return json.loads(gzip.decompress(path.read_bytes()))


def test_every_type_of_the_api_is_known_or_said_not_to_be() -> None:
    unknown = [name for name in TYPES if facts_of(name) is None]
    assert unknown == table()["unknown"]
    assert table()["as_of"] and "DescribeInstanceTypes" in table()["source"]


def test_the_facts_are_ec2s() -> None:
    compared = 0
    for name in TYPES:
        facts, there = facts_of(name), of_ec2().get(name.removeprefix("ml."))
        if facts is None or there is None:
            continue
        compared += 1
        gpus = there.get("GpuInfo", {"Gpus": [], "TotalGpuMemoryInMiB": 0})
        neurons = there.get("NeuronInfo", {"NeuronDevices": []})["NeuronDevices"]
        assert facts.vcpus == there["VCpuInfo"]["DefaultVCpus"], name
        assert facts.memory_gib == there["MemoryInfo"]["SizeInMiB"] / 1024, name
        assert facts.gpus == sum(one["Count"] for one in gpus["Gpus"]), name
        assert facts.gpu_memory_gib == round(gpus["TotalGpuMemoryInMiB"] / 1024, 1), name
        assert facts.neuron_devices == sum(one["Count"] for one in neurons), name
    assert compared > 200


def test_the_local_service_has_the_same_table() -> None:
    """Neither package may import the other."""
    other = files("local_sagemaker.metrics").joinpath("instance_facts.json")
    assert json.loads(other.read_text()) == table()


def test_names_tell_what_a_type_computes_with() -> None:
    for name in TYPES:
        if facts := facts_of(name):
            computes_with = "gpu" if facts.gpus else "trainium" if facts.neuron_devices else "cpu"
            assert processor_of(name) == computes_with, name


def test_a_family_is_in_order() -> None:
    family = types_of_family("ml.m5.4xlarge")
    assert list(family)[:4] == ["ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.4xlarge"]
    assert "ml.m5d.large" not in family
