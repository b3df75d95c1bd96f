"""What merely reading a table takes: every column once, with polars' streaming engine.

A process of its own, so that its memory can be told from that of others; prints the seconds of the
reading alone::

    python -m benchmarks.tabular_floor table.csv
"""

import argparse
import time
from pathlib import Path

import polars as pl

from benchmarks.tabular_data import schema


def main() -> None:
    """Read, and print the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path)
    args = parser.parse_args()
    started = time.monotonic()
    query = pl.scan_csv(args.csv, schema=schema()).select(pl.all().count())
    query.collect(engine="streaming")
    print(time.monotonic() - started)


if __name__ == "__main__":
    main()
