"""Measurements; each module prints a table and is run as ``python -m benchmarks.<name>``."""
