"""How a processing job gets its code."""

from dataclasses import dataclass

from dagster_sagemaker.inputs import ProcessingInput
from dagster_sagemaker.request import Upload

CODE_DIRECTORY = "/opt/ml/processing/input/code"
"""Where a processing job finds its code bundle; the SageMaker SDK uses the same place."""


@dataclass(frozen=True)
class CodeParts:
    """What becomes of a code bundle in a request.

    Args:
        entrypoint: What the container runs, without the job's arguments.
        inputs: Inputs that bring the code in.
        uploads: The objects that these inputs name.
    """

    entrypoint: tuple[str, ...]
    inputs: tuple[ProcessingInput, ...]
    uploads: tuple[Upload, ...]
