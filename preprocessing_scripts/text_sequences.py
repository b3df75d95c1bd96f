"""SageMaker processing job: a column of texts in, padded token sequences as TFRecord files out.

Reads every ``.csv``, ``.csv.gz`` and ``.parquet`` file below ``<input>/texts``, twice: the first
time it counts the tokens of the training texts, which alone make the vocabulary; the second time it
writes. Memory does not depend on how many texts there are, only on how many different tokens.
Writes under ``<output>``::

    train/ validation/         part-*.tfrecord: examples of tokens, length and label, all int64
    vocabulary/vocabulary.txt  a line for each number: padding, unknown tokens, tokens
    vocabulary/settings.json   how the sequences were made, for those who use the vocabulary
    report/report.json         metrics, schema, details

By hand::

    python -m preprocessing_scripts.text_sequences --input folder --output out
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Protocol

from preprocessing_scripts.outcome import ArgumentParser, ScriptError, run_script, write_report
from preprocessing_scripts.progress import Progress, open_progress
from preprocessing_scripts.texts.rows import TextFiles
from preprocessing_scripts.texts.sequences import Encoder
from preprocessing_scripts.texts.split import SPLITS, split_of
from preprocessing_scripts.texts.tokens import tokenize
from preprocessing_scripts.texts.vocabulary import Vocabulary
from preprocessing_scripts.whole_files import whole_file

SAGEMAKER = Path("/opt/ml/processing")
RESOURCE_CONFIG = Path("/opt/ml/config/resourceconfig.json")


class Records(Protocol):
    """Where examples go; see ``texts.records.RecordFiles``."""

    def write(self, tokens: Sequence[int], length: int, label: int | None) -> None:
        """Write one example."""


OpenRecords = Callable[[Path], AbstractContextManager[Records]]
"""Opens the files of a split in a folder."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the job with command-line arguments."""
    args = parse_arguments(argv)
    refuse_several_hosts(args.resource_config)
    # Here, so that all else can be used and tested without TensorFlow.
    from preprocessing_scripts.texts.records import RecordFiles

    with open_progress() as progress:
        make_sequences(args, lambda folder: RecordFiles(folder, args.rows_per_file), progress)


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse and check the command line.

    Raises:
        ScriptError: An argument is unknown or impossible.
    """
    parser = ArgumentParser(prog="text_sequences.py", description=__doc__)
    parser.add_argument("--input", type=Path, default=SAGEMAKER / "input")
    parser.add_argument("--output", type=Path, default=SAGEMAKER / "output")
    parser.add_argument("--text", default="text", help="the column of the texts")
    parser.add_argument("--label", help="a column of whole numbers to write beside them")
    parser.add_argument("--max-length", type=int, default=128, help="tokens of a sequence")
    parser.add_argument("--padding", choices=("pre", "post"), default="post")
    parser.add_argument("--truncating", choices=("pre", "post"), default="post")
    parser.add_argument("--case", choices=("lower", "keep"), default="lower")
    parser.add_argument("--vocabulary-size", type=int, default=20_000, help="known tokens at most")
    parser.add_argument("--min-count", type=int, default=1, help="a rarer token is unknown")
    parser.add_argument("--oov", type=int, default=1, help="numbers that unknown tokens share")
    parser.add_argument("--validation-fraction", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows-per-file", type=int, default=50_000)
    parser.add_argument("--resource-config", type=Path, default=RESOURCE_CONFIG)
    args = parser.parse_args(argv)
    for name in ("max_length", "vocabulary_size", "min_count", "oov", "rows_per_file"):
        if getattr(args, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if not 0 < args.validation_fraction < 1:
        parser.error("--validation-fraction must lie between 0 and 1")
    if args.seed < 0:
        parser.error("--seed must be at least 0")
    return args


def refuse_several_hosts(resource_config: Path) -> None:
    """Several instances would make a vocabulary each.

    Raises:
        ScriptError: The job has more than one.
    """
    if not resource_config.exists():
        return
    hosts = json.loads(resource_config.read_text(encoding="utf-8"))["hosts"]
    if len(hosts) > 1:
        raise ScriptError(
            f"text_sequences.py makes one vocabulary and runs on one instance, not on {len(hosts)}:"
            " set the job's instance count to 1, and take a larger instance type"
        )


def make_sequences(args: argparse.Namespace, open_records: OpenRecords, progress: Progress) -> None:
    """Count, encode, write, report: the whole job.

    Args:
        args: The command line.
        open_records: See ``OpenRecords``.
        progress: Where to say how far it is.

    Raises:
        ScriptError: There are no texts to train on, or a file is faulty.
    """
    started = time.monotonic()
    files = TextFiles(args.input / "texts", args.text, args.label)
    progress.enter("counting tokens")
    vocabulary = Vocabulary.fit(
        count_tokens(files, args),
        size=args.vocabulary_size,
        min_count=args.min_count,
        unknown=args.oov,
    )
    progress.say(f"{len(vocabulary)} numbers for the tokens of {len(files.files)} files")
    save_vocabulary(vocabulary, args)
    progress.enter("writing sequences")
    encoder = Encoder(
        vocabulary, args.max_length, args.padding, args.truncating, args.case == "lower"
    )
    counts = write_splits(files, encoder, args, open_records)
    seconds = round(time.monotonic() - started, 3)
    metrics = {**describe(counts), "vocabulary_size": len(vocabulary), "seconds": seconds}
    write_report(args.output / "report", metrics, schema_of(args), {"text_column": args.text})
    progress.say(f"wrote {metrics['train_rows']} and {metrics['validation_rows']} sequences")


def count_tokens(files: TextFiles, args: argparse.Namespace) -> Counter[str]:
    """How often each token occurs in the training texts, whole ones.

    Raises:
        ScriptError: There are none.
    """
    counts: Counter[str] = Counter()
    for row in files.rows():
        if split_of(row.text, args.validation_fraction, args.seed) == SPLITS[0]:
            counts.update(tokenize(row.text, lowercase=args.case == "lower"))
    if not counts:
        raise ScriptError(
            f"no row of the {len(files.files)} files has a text to train on in its column "
            f"{args.text}"
        )
    return counts


def save_vocabulary(vocabulary: Vocabulary, args: argparse.Namespace) -> None:
    """Write the vocabulary, and what else it takes to make the same sequences of other texts."""
    folder = args.output / "vocabulary"
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.save(folder / "vocabulary.txt")
    names = ("max_length", "padding", "truncating", "case", "oov")
    settings = {name: getattr(args, name) for name in names}
    with whole_file(folder / "settings.json") as unfinished:
        unfinished.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def write_splits(
    files: TextFiles, encoder: Encoder, args: argparse.Namespace, open_records: OpenRecords
) -> Counter[str]:
    """Write the sequences of all texts.

    Returns:
        Of each split, its rows, tokens, unknown tokens and rows that were cut.
    """
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        records = {name: stack.enter_context(open_records(args.output / name)) for name in SPLITS}
        for row in files.rows():
            split = split_of(row.text, args.validation_fraction, args.seed)
            encoded = encoder.encode(row.text)
            records[split].write(encoded.numbers, encoded.tokens, row.label)
            counts[f"{split}_rows"] += 1
            counts[f"{split}_tokens"] += encoded.tokens
            counts[f"{split}_unknown"] += encoded.unknown
            counts[f"{split}_cut_rows"] += encoded.cut
    return counts


def describe(counts: Counter[str]) -> dict[str, float]:
    """The metrics of the splits; of unknown tokens their share."""
    metrics: dict[str, float] = {}
    for split in SPLITS:
        for name in ("rows", "tokens", "cut_rows"):
            metrics[f"{split}_{name}"] = counts[f"{split}_{name}"]
        unknown = counts[f"{split}_unknown"] / max(counts[f"{split}_tokens"], 1)
        metrics[f"{split}_unknown_share"] = round(unknown, 6)
    return metrics


def schema_of(args: argparse.Namespace) -> list[dict[str, str]]:
    """The features of an example."""
    names = {"tokens": f"int64[{args.max_length}]", "length": "int64"}
    if args.label is not None:
        names["label"] = "int64"
    return [{"name": name, "type": kind} for name, kind in names.items()]


if __name__ == "__main__":
    sys.exit(run_script(main, "message"))
