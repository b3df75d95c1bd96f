"""What instance types have: a dated table, which names its sources (``instance_facts.json``)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class InstanceFacts:
    """What an instance of a type has.

    Args:
        vcpus: Virtual CPUs.
        memory_gib: Memory in GiB.
        gpus: GPUs.
        gpu_memory_gib: Memory of all GPUs together in GiB.
        neuron_devices: AWS's own accelerators.
    """

    vcpus: int
    memory_gib: float
    gpus: int = 0
    gpu_memory_gib: float = 0.0
    neuron_devices: int = 0


def facts_of(instance_type: str) -> InstanceFacts | None:
    """What a type has, such as ``ml.m5.xlarge``; None if that is not known."""
    return _table().get(instance_type)


def family_of(instance_type: str) -> str:
    """What a type's name says of its family: ``ml.m5`` of ``ml.m5.xlarge``."""
    return instance_type.rpartition(".")[0]


def types_of_family(instance_type: str) -> Mapping[str, InstanceFacts]:
    """The types of the same family with what they have, the one of least memory first."""
    family = family_of(instance_type)
    return {name: facts for name, facts in _table().items() if family_of(name) == family}


@cache
def _table() -> Mapping[str, InstanceFacts]:
    text = files(__package__).joinpath("instance_facts.json").read_text(encoding="utf-8")
    return {name: InstanceFacts(**facts) for name, facts in json.loads(text)["types"].items()}
