"""Channels of the built-in algorithm, and what their content type says of them."""

import re

from .reporting import UserError

_CONTENT_TYPES = {
    "csv": "csv",
    "text/csv": "csv",
    "libsvm": "libsvm",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
    "parquet": "parquet",
    "application/x-parquet": "parquet",
}
_CHANNELS = ("train", "validation", "code")


def parse_channels(channels: "dict[str, dict[str, str]]") -> str:
    """The content type of the data: ``csv``, ``libsvm`` or ``parquet``.

    Raises:
        UserError: A channel is missing or unknown, or has another content type.
    """
    if "train" not in channels:
        raise UserError("Missing required channel: train")
    for name, channel in channels.items():
        if name not in _CHANNELS:
            raise UserError(f"Extraneous channel found: {name}")
        if channel.get("TrainingInputMode") == "Pipe":
            raise UserError(f"Channel configuration for '{name}' channel is not supported: Pipe")
    given = channels["train"].get("ContentType", "text/libsvm")
    kind, _, parameters = given.lower().partition(";")
    found = _CONTENT_TYPES.get(kind.strip())
    if found is None:
        accepted = ", ".join(_CONTENT_TYPES)
        raise UserError(f"{given} is not an accepted ContentType: {accepted}.")
    size = re.search(r"label_size\s*=\s*(\S+)", parameters)
    if found == "csv" and size and size.group(1) != "1":
        raise UserError(
            f"{given} is not an accepted csv ContentType. "
            "Optional parameter label_size must be equal to 1"
        )
    return found
