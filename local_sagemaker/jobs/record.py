"""A job's state in the job store, as its supervisor changes it."""

from collections.abc import Callable
from typing import Any

from local_sagemaker.records.store import Job, JobStore

State = dict[str, Any]


class Record:
    """One job's record.

    Args:
        store: Where it is kept.
        job: The job.
    """

    def __init__(self, store: JobStore, job: Job) -> None:
        self._store = store
        self._notes: State = {}
        self.job = job

    def change(self, change: Callable[[State], None]) -> None:
        """Apply a change to the state, and what was noted; see ``JobStore.change``."""

        def both(state: State) -> None:
            state.update(self._notes)
            change(state)

        self._store.change(self.job.kind, self.job.name, both)

    def note(self, **members: Any) -> None:
        """Have members written with the next change."""
        self._notes.update(members)

    def write_notes(self) -> None:
        """Write what was noted, which is nothing that clients would call a change."""
        kind, name = self.job.kind, self.job.name
        self._store.change(kind, name, lambda state: state.update(self._notes), quietly=True)

    def stopping(self) -> bool:
        """Whether the job is to be stopped, or is gone."""
        job = self._store.get(self.job.kind, self.job.name)
        return job is None or job.status != "InProgress"

    def interrupted(self) -> bool:
        """Whether the job's instances are to be taken away."""
        job = self._store.get(self.job.kind, self.job.name)
        return job is not None and "Interrupt" in job.state
