"""Which instance type would have done for a job."""

from dagster_sagemaker.right_sizing.instance_facts import (
    InstanceFacts,
    facts_of,
    family_of,
    types_of_family,
)
from dagster_sagemaker.right_sizing.job_metrics import Peaks

HEADROOM = 0.3
"""The share of a recommended type's memory, and of its GPUs', that is left free."""

# A job that needed more than this share of its memory had better have a larger type.
_TIGHT = 0.9

# So much more than is there may be busy: what measures, and what starts the script, is in it.
_SLACK = 1.05


def right_sizing(instance_type: str, peaks: Peaks) -> str | None:
    """How a job's peak compares with its type, and with the others of its family.

    The recommended type is the smallest of the family with ``HEADROOM`` above the peak of memory,
    as many CPUs as were busy at once and, for types with GPUs, as many GPUs.

    Args:
        instance_type: Type of the job's instances.
        peaks: What the busiest of them took.

    Returns:
        A sentence; None if the type is not known, or what the job took.
    """
    facts = facts_of(instance_type)
    if facts is None or "memory" not in peaks or "cpu" not in peaks:
        return None
    needs = _Needs(facts, peaks)
    family = types_of_family(instance_type)
    names = list(family)
    best = next((name for name in names if needs.are_met_by(family[name])), None)
    larger = best is None or names.index(best) > names.index(instance_type)
    if larger and needs.memory_gib <= _TIGHT * facts.memory_gib:
        best = instance_type
    peak = f"peaked at {_percent(peaks['memory'])} of {facts.memory_gib:g} GiB"
    roomy = next((name for name in names if needs.fit_into(family[name])), instance_type)
    if best == instance_type and (reasons := needs.beyond(family[roomy])):
        peak += f" and {', '.join(reasons)}"
    return f"{peak} on {instance_type}; {_advice(instance_type, best, names)}"


def _advice(instance_type: str, best: str | None, names: list[str]) -> str:
    family = family_of(instance_type)
    if best is None:
        return f"no {family} leaves {HEADROOM:.0%} of its memory free"
    if best == instance_type:
        return f"no smaller {family} would do"
    smaller = names.index(best) < names.index(instance_type)
    return f"{best} would do" if smaller else f"{best} would leave room"


class _Needs:
    """What a job needs of an instance.

    Args:
        facts: Of the type that it had.
        peaks: What it took of that.
    """

    def __init__(self, facts: InstanceFacts, peaks: Peaks) -> None:
        self._facts = facts
        self._peaks = peaks
        self.memory_gib = peaks["memory"] / 100 * facts.memory_gib
        # What is busy beyond what there is was measured on another machine.
        self._cpus = min(peaks["cpu"] / 100, facts.vcpus)

    def are_met_by(self, other: InstanceFacts) -> bool:
        """Whether a type of the same family has all that is needed."""
        return self.fit_into(other) and not self.beyond(other)

    def fit_into(self, other: InstanceFacts) -> bool:
        """Whether a type has the memory."""
        return self.memory_gib <= (1 - HEADROOM) * other.memory_gib

    def beyond(self, other: InstanceFacts) -> list[str]:
        """What a type of the same family has not enough of, memory aside."""
        found = []
        if self._cpus > _SLACK * other.vcpus:
            found.append(f"{self._cpus:.1f} of {self._facts.vcpus} vCPUs")
        if self._facts.neuron_devices != other.neuron_devices:
            found.append(f"{self._facts.neuron_devices} Neuron devices")
        if self._facts.gpus > other.gpus:
            found += self._gpus_beyond(other)
        return found

    def _gpus_beyond(self, other: InstanceFacts) -> list[str]:
        facts = self._facts
        if "gpu" not in self._peaks or "gpu_memory" not in self._peaks:
            return [f"{facts.gpus} GPUs"]
        found = []
        busy = self._peaks["gpu"] / 100
        memory = self._peaks["gpu_memory"] / 100 * facts.gpu_memory_gib / facts.gpus
        if busy > _SLACK * other.gpus:
            found.append(f"{busy:.1f} of {facts.gpus} GPUs")
        if memory > (1 - HEADROOM) * other.gpu_memory_gib:
            found.append(f"{memory:.0f} of {facts.gpu_memory_gib:g} GiB of GPU memory")
        return found


def _percent(value: float) -> str:
    return f"{value:.0f} %" if value >= 10 else f"{value:.1f} %"
