"""Settings of Spark and Hadoop, in the form of EMR's classifications."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from dagster_sagemaker.inputs import ProcessingInput
from dagster_sagemaker.processors.code_parts import CodeParts
from dagster_sagemaker.request import Upload
from dagster_sagemaker.s3_uri import join_s3_uri

Configuration = Mapping[str, Any] | Sequence[Mapping[str, Any]]

_DIRECTORY = "/opt/ml/processing/input/conf"
_NAME = "configuration.json"
_MEMBERS = {"Classification", "Properties", "Configurations"}
# Those that the image's bootstrapping writes files for, by the SageMaker SDK's list.
_CLASSIFICATIONS = frozenset(
    {
        "core-site",
        "export",
        "hadoop-env",
        "hadoop-log4j",
        "hive-env",
        "hive-exec-log4j",
        "hive-log4j",
        "hive-site",
        "spark-defaults",
        "spark-env",
        "spark-hive-site",
        "spark-log4j",
        "spark-metrics",
        "yarn-env",
        "yarn-site",
    }
)


def configuration_part(configuration: Configuration, code_uri: str) -> CodeParts:
    """The input that brings a configuration in; the image looks for it by itself.

    Args:
        configuration: One classification or several: mappings with ``Classification`` and
            ``Properties``, and with ``Configurations`` inside a classification of variables.
        code_uri: S3 prefix to keep it under.

    Raises:
        ValueError: It is not as it must be; names the entry.
    """
    entries = [configuration] if isinstance(configuration, Mapping) else configuration
    for index, entry in enumerate(entries):
        _check(entry, f"configuration[{index}]")
    content = json.dumps(configuration).encode()
    uri = join_s3_uri(code_uri, hashlib.sha256(content).hexdigest()[:32], _NAME)
    return CodeParts(
        entrypoint=(),
        inputs=(ProcessingInput(name="conf", s3_uri=uri, local_path=_DIRECTORY),),
        uploads=(Upload(uri, content),),
    )


def _check(entry: Mapping[str, Any], path: str) -> None:
    unknown = set(entry) - _MEMBERS
    missing = {"Classification", "Properties"} - set(entry)
    if unknown or missing:
        message = (
            f"{path} needs Classification and Properties, and may have Configurations; "
            f"missing: {sorted(missing)}, unknown: {sorted(unknown)}"
        )
        raise ValueError(message)
    if entry["Classification"] not in _CLASSIFICATIONS:
        message = (
            f"{path}.Classification={entry['Classification']!r} is none of "
            f"{', '.join(sorted(_CLASSIFICATIONS))}"
        )
        raise ValueError(message)
    for index, inner in enumerate(entry.get("Configurations", ())):
        _check(inner, f"{path}.Configurations[{index}]")
