"""What a container runs: Docker's and SageMaker's rules for entrypoint and arguments."""

from collections.abc import Sequence

from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.runtimes.catalog import Runtime


def processing_command(
    runtime: Runtime, entrypoint: Sequence[str], arguments: Sequence[str]
) -> list[str]:
    """The command of a processing job: the image's own yields to whatever the request gives.

    Raises:
        ClientFault: Neither the request nor the image says what to run.
    """
    if entrypoint:
        return [*entrypoint, *arguments]
    command = [*runtime.entrypoint, *(arguments or runtime.command)]
    if not command:
        raise ClientFault(
            f"the image {runtime.image} runs nothing by itself: "
            "set AppSpecification.ContainerEntrypoint"
        )
    return command


def training_command(
    runtime: Runtime, entrypoint: Sequence[str], arguments: Sequence[str]
) -> list[str]:
    """The command of a training job; without one in the request, the image's ``train``."""
    if entrypoint:
        return [*entrypoint, *arguments]
    return [*runtime.entrypoint, "train"]
