"""SageMaker processing job: images in, embeddings by a pretrained model out.

Reads every image below ``<input>/images`` and the one model file below ``<input>/model``: a file of
``torch.export.save`` (``.pt2``) or TorchScript. Nothing is downloaded. On several instances each
embeds its own images (``ShardedByS3Key``). Memory does not depend on how many there are. Images
that cannot be read are counted, named and left out. Writes under ``<output>``::

    features/embeddings-<host>.parquet  key (path below images/) and embedding (float32) of an image
    report/report.json                  metrics, schema, details

By hand::

    python -m preprocessing_scripts.image_features --input folder --output out
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from preprocessing_scripts.images.batches import Pixels, ReadImage, Unreadable, batches
from preprocessing_scripts.images.embeddings import embedding_file
from preprocessing_scripts.images.files import image_files
from preprocessing_scripts.images.totals import Totals, exchange_totals
from preprocessing_scripts.outcome import ArgumentParser, ScriptError, run_script, write_report
from preprocessing_scripts.progress import Progress, open_progress
from preprocessing_scripts.tabular.hosts import RESOURCE_CONFIG, HostError, Hosts

SAGEMAKER = Path("/opt/ml/processing")
_EVERY = 100
"""After how many batches the log says how far it is."""

Embed = Callable[[Pixels], npt.NDArray[np.float32]]
"""Gives the embeddings of images, (images, 3, height, width) to (images, dimension)."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the job with command-line arguments."""
    # Here, so that all else can be used and tested without PyTorch and Pillow.
    from preprocessing_scripts.images.model import EmbeddingModel
    from preprocessing_scripts.images.pixels import PixelReader

    args = parse_arguments(argv)
    with open_progress() as progress, Hosts.from_resource_config(args.resource_config) as hosts:
        model = EmbeddingModel(model_file(args.input / "model"), args.device, args.batch_size)
        progress.say(f"embedding on {model.device}, in {model.precision}")
        read = PixelReader(args.size, tuple(args.mean), tuple(args.std))
        details = {"device": model.device, "precision": model.precision}
        embed_images(args, read, model, hosts, progress, details)


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse and check the command line.

    Raises:
        ScriptError: An argument is unknown or impossible.
    """
    parser = ArgumentParser(prog="image_features.py", description=__doc__)
    parser.add_argument("--input", type=Path, default=SAGEMAKER / "input")
    parser.add_argument("--output", type=Path, default=SAGEMAKER / "output")
    parser.add_argument("--size", type=int, default=224, help="height and width the model takes")
    parser.add_argument("--batch-size", type=int, default=32)
    # What most models were trained with: the means and deviations of ImageNet.
    parser.add_argument("--mean", type=float, nargs=3, default=(0.485, 0.456, 0.406))
    parser.add_argument("--std", type=float, nargs=3, default=(0.229, 0.224, 0.225))
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--resource-config", type=Path, default=RESOURCE_CONFIG)
    args = parser.parse_args(argv)
    for name in ("size", "batch_size"):
        if getattr(args, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if min(args.std) <= 0:
        parser.error("--std must be greater than 0")
    return args


def model_file(folder: Path) -> Path:
    """The one file of the model channel.

    Raises:
        ScriptError: There is none, or more than one.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if len(files) != 1:
        found = ", ".join(path.name for path in files[:5]) or "none"
        raise ScriptError(f"{folder} must hold one file, the exported model; found: {found}")
    return files[0]


def embed_images(
    args: argparse.Namespace,
    read: ReadImage,
    embed: Embed,
    hosts: Hosts,
    progress: Progress,
    details: dict[str, str],
) -> None:
    """Read, embed, write, report: the whole job.

    Args:
        args: The command line.
        read: See ``ReadImage``.
        embed: See ``Embed``.
        hosts: Those that share the images; the first writes the report of all.
        progress: Where to say how far it is.
        details: What the report says besides.

    Raises:
        ScriptError: There is no image, or none that can be read, on any host.
    """
    started = time.monotonic()
    progress.enter("embedding images")
    folder = args.input / "images"
    unreadable = Unreadable()
    target = args.output / "features" / f"embeddings-{hosts.names[hosts.rank]}.parquet"
    with embedding_file(target) as file:
        read_batches = batches(image_files(folder), read, args.batch_size, unreadable, progress.say)
        for number, (keys, pixels) in enumerate(read_batches, start=1):
            file.add(keys, embed(pixels))
            if number % _EVERY == 0:
                progress.say(f"embedded {file.rows} images")
    seconds = round(time.monotonic() - started, 3)
    progress.say(f"embedded {file.rows} images in {seconds} s; {unreadable.count} were unreadable")
    totals = exchange_totals(hosts, file, unreadable)
    if not totals.images:
        raise ScriptError(_nothing_embedded(folder, totals))
    if hosts.rank == 0:
        metrics = {
            "images": totals.images,
            "unreadable": totals.unreadable,
            "dimension": totals.dimension,
            "seconds": seconds,
        }
        schema = [
            {"name": "key", "type": "string"},
            {"name": "embedding", "type": f"float32[{totals.dimension}]"},
        ]
        found = {**details, "hosts": list(hosts.names), "unreadable": totals.named}
        write_report(args.output / "report", metrics, schema, found)


def _nothing_embedded(folder: Path, totals: Totals) -> str:
    if not totals.unreadable:
        return f"there is no image below {folder}"
    first = "; ".join(totals.named[:3])
    return f"none of the {totals.unreadable} files below {folder} is a readable image: {first}"


if __name__ == "__main__":
    sys.exit(run_script(main, "message", expected=(HostError,)))
