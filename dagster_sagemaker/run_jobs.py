"""The jobs of a run, noted as tags of the run before they are created.

Tags outlive the process that waits, and a query finds the runs that have them: the sensors need no
list of their own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import dagster as dg

from dagster_sagemaker.kinds import KindName

STOP_TAG = "sagemaker/stop_if_abandoned"
"""``true``: what the run leaves running when it is cancelled or fails is to be stopped."""

WAITS_TAG = "sagemaker/waits_for_jobs"
"""``true``: the run has ended, or will, and its jobs are still to be concluded."""

CONCLUDES_TAG = "sagemaker/concludes"
"""The job whose end a run is to tell."""

ROOT_RUN_TAG = "sagemaker/root_run_id"
"""The root run of the run that submitted the job: names of jobs follow from it."""

RANGE = "..."
"""What stands between the first and the last key of a range of partitions."""

_JOB_TAG = "sagemaker/job/"
_WRITES = 5


@dataclass(frozen=True)
class RunJob:
    """A job of a run.

    Args:
        name: Its name.
        kind: Processing or training.
        root_run_id: Root of the run that it belongs to.
        assets: Keys of the assets that it makes, as ``a/b``; none if an op runs it.
        partition: Partition key, or ``first...last`` for a range.
        waits: Whether its end is left to the sensor.
        usd: The most that it can cost, and once it has ended what it cost; None if not known.
    """

    name: str
    kind: KindName
    root_run_id: str
    assets: Sequence[str] = ()
    partition: str | None = None
    waits: bool = False
    usd: float | None = None

    @property
    def asset_keys(self) -> list[dg.AssetKey]:
        """The assets that it makes."""
        return [dg.AssetKey.from_user_string(asset) for asset in self.assets]

    def conclusion(self, number: int = 1) -> dg.RunRequest:
        """The run that tells the job's end; one, however often it is asked for.

        Args:
            number: Which one, where the one before it found no job and made it anew.
        """
        tags = {CONCLUDES_TAG: self.name, ROOT_RUN_TAG: self.root_run_id}
        partition = self.partition
        if partition is not None and RANGE in partition:
            first, _, last = partition.partition(RANGE)
            tags["dagster/asset_partition_range_start"] = first
            tags["dagster/asset_partition_range_end"] = last
            partition = None
        return dg.RunRequest(
            run_key=self.name if number == 1 else f"{self.name}/{number}",
            partition_key=partition,
            asset_selection=self.asset_keys,
            tags=tags,
        )


def note(instance: dg.DagsterInstance, run_id: str, job: RunJob, *, stop: bool) -> None:
    """Note a job that may be running soon, or is.

    Args:
        instance: Where the run is recorded.
        run_id: The run.
        job: The job.
        stop: Whether it is to be stopped when the run is cancelled.
    """
    tags = {_JOB_TAG + job.name: json.dumps(asdict(job))}
    if job.waits:
        tags[WAITS_TAG] = "true"
    if stop:
        tags[STOP_TAG] = "true"
    _write(instance, run_id, tags)


def note_cost(instance: dg.DagsterInstance, run_id: str, job_name: str, usd: float | None) -> None:
    """Note what a job cost, or is not to cost after all, if the run has noted the job.

    Args:
        instance: Where the run is recorded.
        run_id: The run.
        job_name: The job.
        usd: Its cost in US dollars; None if not known.
    """
    run = instance.get_run_by_id(run_id)
    for job in jobs_of(run) if run is not None else ():
        if job.name == job_name:
            text = json.dumps(asdict(replace(job, usd=usd)))
            _write(instance, run_id, {_JOB_TAG + job_name: text})


def jobs_of(run: dg.DagsterRun) -> list[RunJob]:
    """The jobs that a run has noted."""
    return [
        RunJob(**json.loads(text))
        for tag, text in sorted(run.tags.items())
        if tag.startswith(_JOB_TAG)
    ]


def root_run_id(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """The root run that names the jobs of a run: for one that concludes a job, the submitter's."""
    root = run.root_run_id or run.run_id
    if ROOT_RUN_TAG in run.tags or root == run.run_id:
        return run.tags.get(ROOT_RUN_TAG, root)
    return _tags(instance, root).get(ROOT_RUN_TAG, root)  # re-executed without its tags


def _write(instance: dg.DagsterInstance, run_id: str, tags: dict[str, str]) -> None:
    # The storage reads the run's tags and writes them back: two steps that do so at the same moment
    # would lose one's.
    for _ in range(_WRITES):
        if tags.items() <= _tags(instance, run_id).items():
            return
        instance.add_run_tags(run_id, tags)


def _tags(instance: dg.DagsterInstance, run_id: str) -> Mapping[str, str]:
    run = instance.get_run_by_id(run_id)
    return {} if run is None else run.tags
