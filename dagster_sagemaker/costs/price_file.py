"""AWS's public price file, as a table of prices.

The format is that of the bulk API of the AWS Price List:
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-files.html
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from dagster_sagemaker.costs.price_table import PriceTable, PriceTableError

ADDRESS = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonSageMaker/current/{region}/index.json"
"""Where AWS publishes a region's prices, without credentials."""

_COMPONENTS = ("Training", "Processing")
_SECONDS = 60  # without a byte


def fetch(region: str, source: str | None = None) -> PriceTable:
    """Today's prices of a region.

    Args:
        region: AWS region.
        source: Address or path of a price file, instead of AWS's public one.

    Raises:
        PriceTableError: It cannot be read, or has no price of a job in the region.
    """
    source = ADDRESS.format(region=region) if source is None else source
    if "://" not in source:
        return from_price_file(Path(source), region)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        try:
            with urlopen(source, timeout=_SECONDS) as answer:  # noqa: S310 - what the user names
                shutil.copyfileobj(answer, file)
            file.flush()
        except (OSError, ValueError, HTTPException) as error:
            message = (
                f"{source} cannot be read: {error}. Fetch it by other means, and give its path"
            )
            raise PriceTableError(message) from error
        return from_price_file(Path(file.name), region)


def from_price_file(path: Path, region: str) -> PriceTable:
    """The prices of a region from AWS's price file for SageMaker.

    Where processing and training differ, the dearer one counts.

    Args:
        path: The file, as ``ADDRESS`` gives it.
        region: Its region.

    Raises:
        PriceTableError: It is no such file, or has no price of a job in the region.
    """
    try:
        content = json.loads(path.read_bytes())
        prices: dict[str, float] = {}
        for instance, price in _prices(content, region):
            prices[instance] = max(price, prices.get(instance, 0.0))
        date = str(content["publicationDate"])[:10]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise PriceTableError(f"{path} is no price file of AWS: {reason}") from error
    if not prices:
        raise PriceTableError(f"{path} has no price of a training or processing job in {region}")
    return PriceTable(region, date, prices)


def _prices(content: Mapping[str, Any], region: str) -> Iterator[tuple[str, float]]:
    on_demand = content["terms"]["OnDemand"]
    for sku, product in content["products"].items():
        attributes = product["attributes"]
        instance = attributes.get("instanceName") or attributes.get("instanceType") or ""
        of_a_job = attributes.get("component") in _COMPONENTS and instance.startswith("ml.")
        if not of_a_job or attributes.get("regionCode") != region:
            continue
        for term in on_demand.get(sku, {}).values():
            for dimension in term["priceDimensions"].values():
                price = float(dimension["pricePerUnit"].get("USD", 0))
                if dimension["unit"] in {"Hrs", "Hours"} and price > 0:
                    yield instance, price
