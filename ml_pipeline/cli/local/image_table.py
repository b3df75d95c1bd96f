"""The images of this machine as a table for people."""

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table

from local_sagemaker.runtimes.images_here import ImageHere
from ml_pipeline.cli.local.sizes import in_units


def image_table(images: Iterable[ImageHere]) -> Table:
    """A line for each image: how near it is, whether it is built, and how much room that takes."""
    table = Table("image", "versions", "state", "size", "last used", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for one in images:
        table.add_row(one.image, _versions(one), *_state(one))
    return table


def _versions(one: ImageHere) -> str:
    if one.own:
        return "your own"
    return "exact" if one.difference is None else f"nearest: {one.difference.partition(' has ')[2]}"


def _state(one: ImageHere) -> tuple[str, str, str]:
    if one.problem:
        return one.problem, "", ""
    if one.python:
        return str(one.python), "", ""
    if one.built is None:
        return "not built", "", ""
    used = datetime.fromtimestamp(one.built.last_used).strftime("%Y-%m-%d %H:%M")
    return "built" if one.built.finished else "partly built", in_units(one.built.bytes), used
