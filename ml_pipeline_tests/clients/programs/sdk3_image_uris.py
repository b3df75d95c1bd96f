"""The addresses of managed images, as the SageMaker Python SDK 3 gives them.

Its argument is JSON: the versions to ask for, by framework, oldest first.
"""

import json
import sys
from typing import Any

from sagemaker.core import image_uris

CPU, GPU = "ml.m5.xlarge", "ml.g5.xlarge"
ORDER = ("framework", "region", "version", "instance_type", "py_version", "container_version")


def scope(framework: str) -> str:
    return "processing" if framework == "spark" else "training"


def address(*arguments: str) -> list[str]:
    named = dict(zip(ORDER, arguments, strict=False))
    if "container_version" in named:
        named["container_version"] = f"v{named['container_version']}"
    return [*arguments, image_uris.retrieve(**named, image_scope=scope(named["framework"]))]


def regions(framework: str, version: str) -> list[str]:
    config = image_uris.config_for_framework(framework)[scope(framework)]
    version = config.get("version_aliases", {}).get(version, version)
    return sorted(config["versions"][version]["registries"])


result: dict[str, Any] = {"regions": {}, "uris": []}
for framework, versions in json.loads(sys.argv[1]).items():
    types = [CPU, GPU] if framework in {"pytorch", "tensorflow"} else [CPU]
    for version in versions:
        result["regions"][f"{framework} {version}"] = " ".join(regions(framework, version))
        result["uris"] += [address(framework, "us-east-1", version, one) for one in types]
    newest = versions[-1]
    result["uris"] += [address(framework, one, newest, CPU) for one in regions(framework, newest)]
result["uris"] += [
    address("spark", "eu-west-1", "3.5", CPU, "py312", "1.0"),
    address("spark", "eu-west-1", "3.5", CPU, "py39", "1.2"),
]
print(json.dumps(result))
