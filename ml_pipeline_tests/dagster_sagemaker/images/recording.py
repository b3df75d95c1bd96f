"""What the SageMaker Python SDK 3 says of images, recorded.

``recorded.json`` was printed by ``clients/programs/sdk3_image_uris.py`` in the environment of that
client; the test of the client fails when the two differ, and writes what it got beside it.
"""

import json
from pathlib import Path
from typing import Any

from dagster_sagemaker.images import FAMILIES

RECORDED = Path(__file__).with_name("recorded.json")


def asked_for() -> str:
    """The program's argument: every version of the table."""
    return json.dumps({name: list(family.versions) for name, family in FAMILIES.items()})


def recorded() -> dict[str, Any]:
    """``regions``, as one line by framework and version; ``uris``, as arguments and address."""
    content: dict[str, Any] = json.loads(RECORDED.read_text())
    return content


def lines(recording: dict[str, Any]) -> str:
    """The recording as text, with one line for each fact."""
    regions = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(names)}" for name, names in recording["regions"].items()
    )
    uris = ",\n".join(f"  {json.dumps(uri)}" for uri in recording["uris"])
    return f'{{\n "regions": {{\n{regions}\n }},\n "uris": [\n{uris}\n ]\n}}\n'
