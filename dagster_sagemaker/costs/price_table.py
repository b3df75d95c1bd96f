"""What an hour of an instance costs in one region: bundled, read from a file, or refreshed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from typing_extensions import Self


class PriceTableError(ValueError):
    """A table of prices cannot be used; names the file and what is wrong with it."""


@dataclass(frozen=True)
class PriceTable:
    """On-demand prices of processing and training jobs, which AWS prices alike.

    Args:
        region: AWS region that they hold in.
        date: When they were published, as YYYY-MM-DD.
        usd_per_hour: Of one instance, by type.
    """

    region: str
    date: str
    usd_per_hour: Mapping[str, float]

    @classmethod
    def bundled(cls, region: str) -> Self | None:
        """The table that comes with this package; None for a region that it has none of."""
        return _bundled().get(region)  # type: ignore[return-value]

    @classmethod
    def read(cls, path: Path) -> Self:
        """The table in a file, as ``text`` writes it.

        Raises:
            PriceTableError: There is no such file, or no table in it.
        """
        try:
            return cls.parse(path.read_text(), str(path))
        except OSError as error:
            raise PriceTableError(f"the price table {path} cannot be read: {error}") from error

    @classmethod
    def parse(cls, text: str, name: str) -> Self:
        """A table from JSON: ``region``, ``date``, and ``instances`` with ``usd_per_hour`` each.

        Args:
            text: The JSON.
            name: What to call it in an error.

        Raises:
            PriceTableError: It is no such table.
        """
        try:
            content = json.loads(text)
            prices = {
                instance: _price(entry["usd_per_hour"])
                for instance, entry in content["instances"].items()
            }
            return cls(str(content["region"]), str(content["date"]), prices)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            message = (
                f"{name} is no price table: {type(error).__name__}: {error}. It needs `region`, "
                '`date`, and `instances`: {"ml.m5.large": {"usd_per_hour": 0.115}}'
            )
            raise PriceTableError(message) from error

    def text(self) -> str:
        """The table as JSON."""
        instances = {
            instance: {"usd_per_hour": price}
            for instance, price in sorted(self.usd_per_hour.items())
        }
        content = {"region": self.region, "date": self.date, "instances": instances}
        return json.dumps(content, indent=1) + "\n"

    @property
    def name(self) -> str:
        """What it holds for, for people."""
        return f"{self.region}, on demand, {self.date}"


def _price(value: Any) -> float:
    price = float(value)
    if isinstance(value, bool) or not 0 < price < float("inf"):
        raise ValueError(f"usd_per_hour={value!r} is no price")
    return price


@cache
def _bundled() -> Mapping[str, PriceTable]:
    folder = resources.files("dagster_sagemaker.costs") / "prices"
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".json")]
    tables = (PriceTable.parse(entry.read_text(), entry.name) for entry in files)
    return {table.region: table for table in tables}
