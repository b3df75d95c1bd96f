"""Metrics that a training job prints: ``MetricDefinitions`` over its log lines."""

import math
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from local_sagemaker.jobs.reasons import ClientFault


class MetricReader:
    """Finds the last value of every metric.

    Args:
        definitions: ``[{"Name": ..., "Regex": ...}]`` of the request.

    Raises:
        ClientFault: A regular expression does not compile, or has no group.
    """

    def __init__(self, definitions: Iterable[Mapping[str, str]]) -> None:
        self._patterns = {one["Name"]: _compiled(one["Name"], one["Regex"]) for one in definitions}
        self._last: dict[str, tuple[float, float]] = {}

    def read(self, line: str) -> None:
        """Look for metrics in a log line; what is not a finite number is passed over."""
        for name, pattern in self._patterns.items():
            found = pattern.search(line)
            value = _number(found.group(1)) if found else None
            if value is not None:
                self._last[name] = (value, time.time())

    def final(self) -> list[dict[str, Any]]:
        """``FinalMetricDataList``: the last value of each metric that was seen."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": timestamp}
            for name, (value, timestamp) in self._last.items()
        ]


def _compiled(name: str, regex: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(regex)
    except re.error as error:
        raise ClientFault(
            f"MetricDefinitions: the Regex of {name!r} is not valid: {error}"
        ) from error
    if not pattern.groups:
        raise ClientFault(f"MetricDefinitions: the Regex of {name!r} needs a group for the value")
    return pattern


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    # JSON knows no infinities and no NaN.
    return value if math.isfinite(value) else None
