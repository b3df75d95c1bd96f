"""Records into a feature group: in batches, by several threads, until all are there."""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import islice
from typing import Any

import dagster as dg

from dagster_sagemaker.feature_groups.frames import Record
from dagster_sagemaker.interrupts import pause
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.transient import is_transient_code, patiently

_BATCH = 25
"""The most that BatchWriteRecord takes."""

_ATTEMPTS = 8
_SHOWN = 5


def write_records(client: Any, group: str, records: Iterator[Record], threads: int) -> int:
    """Put records, a batch in a request where boto3 can, else one by one.

    Args:
        client: Of ``sagemaker-featurestore-runtime``.
        group: The group's name.
        records: What to put; taken as they are needed.
        threads: How many requests are made at once.

    Returns:
        How many were put.

    Raises:
        dagster.Failure: Some were refused; names a few, and says why.
    """
    work = _Work(client, group, records)
    with ThreadPoolExecutor(threads, thread_name_prefix="ingest") as pool:
        try:
            workers: list[Future[None]] = [pool.submit(work.run) for _ in range(threads)]
            wait(workers, return_when=FIRST_EXCEPTION)
            work.stop()
            for worker in workers:
                worker.result()
        finally:
            work.stop()  # a run that is cancelled waits for the requests under way, and no more
    return work.written


class _Work:
    """What several threads share: where the records come from, and how many were put.

    Args:
        client: Puts them.
        group: The group's name.
        records: The records.
    """

    def __init__(self, client: Any, group: str, records: Iterator[Record]) -> None:
        self._client = client
        self._group = group
        self._records = records
        self._lock = threading.Lock()
        self._stopped = False
        self.written = 0

    def run(self) -> None:
        """Put batches while there are some."""
        in_batches = hasattr(self._client, "batch_write_record")
        while batch := self._next():
            with explain_refusal(
                f"put records into the feature group {self._group}",
                "the credentials in use and that the group is there",
            ):
                if in_batches:
                    self._write(batch)
                else:
                    for record in batch:
                        self._put(record)
            with self._lock:
                self.written += len(batch)

    def stop(self) -> None:
        """Take no more records."""
        self._stopped = True

    def _next(self) -> list[Record]:
        with self._lock:
            return [] if self._stopped else list(islice(self._records, _BATCH))

    def _put(self, record: Record) -> None:
        put = partial(self._client.put_record, FeatureGroupName=self._group, Record=record)
        patiently(put, _say_nothing)

    def _write(self, batch: list[Record]) -> None:
        """Put a batch, and again what of it was not processed, or failed for a while."""
        entries = [{"FeatureGroupName": self._group, "Record": record} for record in batch]
        for attempt in range(_ATTEMPTS):
            answer = patiently(
                partial(self._client.batch_write_record, Entries=entries), _say_nothing
            )
            refused = [one for one in answer["Errors"] if not is_transient_code(one["ErrorCode"])]
            if refused:
                raise dg.Failure(self._told(refused))
            entries = [one["Entry"] for one in answer["Errors"]] + answer["UnprocessedEntries"]
            if not entries:
                return
            pause(min(0.1 * 2**attempt, 10))
        raise dg.Failure(
            f"The feature group {self._group} did not take {len(entries)} records in {_ATTEMPTS} "
            "attempts: run it again later, or with fewer threads"
        )

    def _told(self, refused: list[dict[str, Any]]) -> str:
        lines = "\n".join(
            f"- {one['ErrorCode']}: {one['ErrorMessage']} ({_short(one['Entry']['Record'])})"
            for one in refused[:_SHOWN]
        )
        return f"The feature group {self._group} refused {len(refused)} records:\n{lines}"


def _say_nothing(_: Exception) -> None:
    """Trouble that passed is of no use to anybody."""


def _short(record: Record) -> str:
    return ", ".join(f"{one['FeatureName']}={one.get('ValueAsString')}" for one in record[:4])
