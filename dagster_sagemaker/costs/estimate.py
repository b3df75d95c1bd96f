"""What a job cost, and the most that it can: instance hours, without storage and requests."""

from collections.abc import Iterable, Mapping
from typing import Any

from dagster_sagemaker.costs.price_table import PriceTable
from dagster_sagemaker.kinds import JobKind

_SECONDS_AN_HOUR = 3600.0

# The service's limit for a job whose request has none:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingStoppingCondition.html and
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html
_LONGEST_SECONDS = 86_400


def most_usd(kind: JobKind, request: Mapping[str, Any], prices: PriceTable | None) -> float | None:
    """The most that a job can cost: as long as it may run, on the dearest of its types.

    Args:
        kind: Processing or training.
        request: The complete request.
        prices: Of the region; None if there are none.

    Returns:
        US dollars; None if the price of a type is not known.
    """
    hourly = _usd_per_hour(kind.machine(request), prices)
    if hourly is None:
        return None
    stopping = request.get("StoppingCondition", {})
    seconds: float = stopping.get("MaxRuntimeInSeconds", _LONGEST_SECONDS)
    seconds += kind.machine(request).get("KeepAlivePeriodInSeconds", 0)
    return hourly * seconds / _SECONDS_AN_HOUR


def cost_metadata(
    kind: JobKind, description: Mapping[str, Any], prices: PriceTable | None
) -> dict[str, Any]:
    """What a finished job cost, as metadata; nothing if a price or a time is not known.

    Args:
        kind: Processing or training.
        description: The service's description of the job.
        prices: Of the region; None if there are none.
    """
    hourly = _usd_per_hour(_used(kind, description), prices)
    seconds = _billable_seconds(kind, description)
    if hourly is None or seconds is None or prices is None:
        return {}
    facts: dict[str, Any] = {
        "cost_usd": _cents(hourly * seconds / _SECONDS_AN_HOUR),
        "cost_basis": f"{hourly:g} USD an hour ({prices.name}), estimated",
    }
    saved = description.get("TrainingTimeInSeconds", 0) - seconds
    if description.get("EnableManagedSpotTraining") and saved > 0:
        facts["spot_saving_usd"] = _cents(hourly * saved / _SECONDS_AN_HOUR)
    return facts


def _used(kind: JobKind, description: Mapping[str, Any]) -> Mapping[str, Any]:
    """The machines that a job got: of several types that would do, one."""
    machine = kind.machine(description)
    if "InstanceGroups" in machine:
        return machine
    return {
        "InstanceType": kind.instance_type(description),
        "InstanceCount": kind.instance_count(description),
    }


def _usd_per_hour(machine: Mapping[str, Any], prices: PriceTable | None) -> float | None:
    """Of all instances together; of several types that will do, the dearest."""
    if prices is None:
        return None
    if "InstanceGroups" in machine:
        costs = [_priced([group["InstanceType"]], prices) for group in machine["InstanceGroups"]]
        counts = [group["InstanceCount"] for group in machine["InstanceGroups"]]
    else:
        preferences = machine.get("InstancePreferences")
        types = [one["InstanceType"] for one in preferences or [machine] if "InstanceType" in one]
        costs, counts = [_priced(types, prices)], [machine.get("InstanceCount", 1)]
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        return None
    return float(sum(cost * count for cost, count in zip(known, counts, strict=True)))


def _priced(types: Iterable[str], prices: PriceTable) -> float | None:
    found = [prices.usd_per_hour.get(one) for one in types]
    known = [price for price in found if price is not None]
    return max(known) if known and len(known) == len(found) else None


def _billable_seconds(kind: JobKind, description: Mapping[str, Any]) -> float | None:
    """Of one instance, as https://aws.amazon.com/sagemaker/pricing bills it: by the second."""
    billable = description.get("BillableTimeInSeconds")
    if billable is not None:
        return float(billable)
    start, end = description.get(kind.start_field), description.get(kind.end_field)
    return None if start is None or end is None else max((end - start).total_seconds(), 0.0)


def _cents(usd: float) -> float:
    return round(usd, 6)  # a job of seconds costs a fraction of a cent
