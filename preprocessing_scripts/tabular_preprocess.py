"""SageMaker processing job: any table in, model-ready channels out, as a spec says.

Reads every ``.csv``, ``.csv.gz`` or ``.parquet`` file under ``<input>`` as one table, in bounded
memory; on several instances each reads its own (``ShardedByS3Key``). All statistics are those of
the training rows. Writes under ``<output>``::

    train/ validation/ holdout/       parts, parquet or label-first CSV; the last if asked for
    preprocessor/preprocessor.joblib  the fitted scikit-learn Pipeline
    report/report.json                metrics, schema, details

By hand::

    python -m preprocessing_scripts.tabular_preprocess --spec spec.json --input raw --output out
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from preprocessing_scripts.outcome import ArgumentParser, run_script, write_report
from preprocessing_scripts.progress import open_progress
from preprocessing_scripts.tabular.engine import run
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.hosts import HostError, Hosts
from preprocessing_scripts.tabular.sources import open_source
from preprocessing_scripts.tabular.spec_json import read_spec

SAGEMAKER = Path("/opt/ml/processing")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the job with command-line arguments."""
    args = parse_arguments(argv)
    spec = read_spec(args.spec)
    with open_progress() as progress, Hosts.from_resource_config(args.resource_config) as hosts:
        source = open_source(args.input, spec.missing_values)
        result = run(spec, source, args.output, progress, hosts, args.spool)
        if hosts.rank == 0:
            write_report(args.output / "report", result.metrics, result.schema, result.details)


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line.

    Raises:
        ScriptError: An argument is missing or unknown.
    """
    parser = ArgumentParser(prog="tabular_preprocess.py", description=__doc__)
    parser.add_argument("--spec", type=Path, default=SAGEMAKER / "input/spec/spec.json")
    parser.add_argument("--input", type=Path, default=SAGEMAKER / "input/data")
    parser.add_argument("--output", type=Path, default=SAGEMAKER / "output")
    parser.add_argument(
        "--spool",
        type=Path,
        default=Path(tempfile.gettempdir()),
        help="folder for the numbers between the two passes, 4 or 8 bytes each",
    )
    parser.add_argument(
        "--resource-config",
        type=Path,
        default=Path("/opt/ml/config/resourceconfig.json"),
        help="where SageMaker says which hosts share the job",
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(run_script(main, "message", expected=(TableError, HostError)))
