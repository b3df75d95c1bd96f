"""What jobs cost, estimated from a dated table of prices, and limits to it."""

from dagster_sagemaker.costs.price_table import PriceTable, PriceTableError

__all__ = ["PriceTable", "PriceTableError"]
