"""What a job took of its instances at its peak, and which type would have done."""

from dagster_sagemaker.right_sizing.reading import read_peaks

__all__ = ["read_peaks"]
