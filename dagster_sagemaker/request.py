"""What a job is asked for: the raw boto3 request, and the objects it needs in S3 beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Upload:
    """One object that must lie in S3 before the job starts.

    Args:
        uri: Where, as ``s3://bucket/key``. The key holds a hash of the content, so that an object
            that is there already is the right one and is never written again.
        content: The bytes.
    """

    uri: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class JobRequest:
    """A request with everything that has to happen around it.

    Args:
        request: What ``create_processing_job`` or ``create_training_job`` takes. Strings may be
            templates such as ``{{ ds }}``; see ``dagster_sagemaker.template_values``.
        uploads: Objects to put in S3 before the job is submitted.
        version: Whatever else decides what the job computes, such as the ETags of its inputs. A
            job of an earlier attempt is adopted only if its version is the same.
        optional_outputs: Names of outputs that may be empty when the job has completed.
        pipes: Whether its script may use ``dagster_pipes``. If not, nothing of it is put into S3,
            and no messages are looked for. Processors and trainings take it from the bundle: where
            only a package of the image uses it, ``dataclasses.replace(job, pipes=True)``.
        secrets: Names of environment variables, hyperparameters and arguments whose values are
            secret although their names do not look so; see ``dagster_sagemaker.masking``.
    """

    request: Mapping[str, Any]
    uploads: tuple[Upload, ...] = ()
    version: str = ""
    optional_outputs: tuple[str, ...] = ()
    pipes: bool = True
    secrets: tuple[str, ...] = ()


def deep_merge(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A new dict: mappings are merged key by key, anything else is replaced; None removes a key.

    Neither argument is changed. Lists are replaced as a whole.
    """
    merged = dict(base)
    for key, value in overrides.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            current = merged.get(key)
            merged[key] = deep_merge(current if isinstance(current, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged
