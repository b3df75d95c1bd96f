"""The memory of instance types, from a dated table that names its sources."""

import json
import os
from functools import cache
from importlib.resources import files
from typing import Any

_GIBIBYTE = 1024**3


def memory_of_type(instance_type: str) -> int | None:
    """Bytes of memory of an instance of a type, such as ``ml.m5.xlarge``; None if not known."""
    facts = _table().get(instance_type)
    return round(facts["memory_gib"] * _GIBIBYTE) if facts else None


def memory_of_machine() -> int:
    """Bytes of memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@cache
def _table() -> dict[str, Any]:
    text = files(__package__).joinpath("instance_facts.json").read_text(encoding="utf-8")
    return dict(json.loads(text)["types"])
