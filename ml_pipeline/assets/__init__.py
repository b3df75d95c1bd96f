"""The assets: one module each, named like the asset, whose docstring is its description."""

import warnings

# A backfill lands all raw days in one run and trains each day in one of its own: both on purpose.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy` of function `asset`")
warnings.filterwarnings("ignore", message="Asset job \\w+ materializes assets with varying")
# Pipes' own session reads a property that Dagster marks as preview.
warnings.filterwarnings("ignore", message="Function `PipesMessageReader.expected_writer_count`")
