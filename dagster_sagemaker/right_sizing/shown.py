"""A job's peaks as metadata."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from dagster_sagemaker.right_sizing.instance_facts import facts_of
from dagster_sagemaker.right_sizing.job_metrics import METRICS, Peaks
from dagster_sagemaker.right_sizing.recommendation import right_sizing


def peak_metadata(instance_type: str | None, by_host: Mapping[str, Peaks]) -> dict[str, Any]:
    """Metadata by stable names; nothing if nothing is known.

    Args:
        instance_type: Type of the job's instances; None if they have several.
        by_host: What each took at its peak.

    Returns:
        Percent of the instance that took most, of each resource; for several instances a table of
        all; and which type would have done.
    """
    most = {
        metric: max(peaks[metric] for peaks in by_host.values() if metric in peaks)
        for metric in METRICS
        if any(metric in peaks for peaks in by_host.values())
    }
    facts = facts_of(instance_type) if instance_type else None
    metadata: dict[str, Any] = {_name(metric): round(most[metric], 2) for metric in most}
    if facts and "memory" in most:
        metadata["peak_memory_gib"] = round(most["memory"] / 100 * facts.memory_gib, 3)
    if len(by_host) > 1:
        metadata["peaks_by_host"] = _table(by_host, list(most))
    if instance_type and (sentence := right_sizing(instance_type, most)):
        metadata["right_sizing"] = sentence
    return metadata


def _table(by_host: Mapping[str, Peaks], metrics: list[str]) -> dg.TableMetadataValue:
    def cell(peaks: Peaks, metric: str) -> float | None:
        return round(peaks[metric], 2) if metric in peaks else None

    columns = [dg.TableColumn(_name(metric), "float") for metric in metrics]
    records = [
        dg.TableRecord({"host": host, **{_name(one): cell(peaks, one) for one in metrics}})
        for host, peaks in by_host.items()
    ]
    schema = dg.TableSchema([dg.TableColumn("host", "string"), *columns])
    return dg.MetadataValue.table(records, schema)


def _name(metric: str) -> str:
    return f"peak_{metric}_percent"
