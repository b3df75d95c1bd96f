"""What a client's ``run`` returns."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from dagster_sagemaker.result import FinishedJob


class SageMakerInvocation(dg.PipesClientCompletedInvocation):
    """A job with its Pipes session: one that has completed, or one that was left running.

    Args:
        name: Name of the job.
        finished: The Pipes session and the job, verified; None if it was left running.
    """

    def __init__(self, name: str, finished: tuple[dg.PipesSession, FinishedJob] | None) -> None:
        self._name = name
        self._job = None
        if finished is not None:
            session, self._job = finished
            super().__init__(session, metadata=self._job.metadata)

    @property
    def left_running(self) -> bool:
        """Whether the step is to end without a result: the sensor sees to the job's end."""
        return self._job is None

    @property
    def job(self) -> FinishedJob:
        """The completed job, verified.

        Raises:
            dagster.Failure: It was left running.
        """
        if self._job is None:
            raise dg.Failure(
                f"Job {self._name} was left running, because wait_for_completion is False, and has "
                "no results yet: where `left_running` is true, yield nothing, and declare the "
                "asset with output_required=False",
                allow_retries=False,
            )
        return self._job

    @property
    def metadata(self) -> Mapping[str, dg.MetadataValue]:
        """What to attach to results; nothing, if the job was left running."""
        return {} if self._job is None else super().metadata

    def get_results(self, *, implicit_materializations: bool = True) -> Sequence[Any]:
        """What the script reported; nothing, if the job was left running."""
        if self._job is None:
            return ()
        return super().get_results(implicit_materializations=implicit_materializations)
