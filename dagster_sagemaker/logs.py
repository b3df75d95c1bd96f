"""Following a job's log: every line once, few requests, and no harm to the job from trouble."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker import interrupts
from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.log_journal import LogJournal, Shown
from dagster_sagemaker.log_position import advanced
from dagster_sagemaker.log_streams import LogLine, LogStreams
from dagster_sagemaker.log_text import in_batches, shortened
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.transient import AWS_ERRORS, is_transient

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

TAIL_LINES = 50
"""Lines kept for the error of a job that fails."""

_TAIL_CHARACTERS = 500  # of one of them
_EVENT_CHARACTERS = 16_384  # of one event in the run's log
_FAILED_PATIENCE = 5  # times late_log_seconds
_TROUBLED_LOOKS = 5  # after the job's end, with longer and longer pauses: 7.5 seconds in all
_TROUBLE_SECONDS = 0.5
_FINISH_SECONDS = 120.0  # of reading after the end, even if new lines keep coming


class LogTail:
    """The log of one job. Trouble with it is reported once and never raised.

    Args:
        connection: Where the logs are.
        kind: Processing or training.
        job_name: Name of the job.
        journal: Notes what is shown, and knows what was; None if nothing is to be shown.
        resumes: Whether somebody may have shown a part of the log before.
        log: The run's log.
        polling: Pace of the requests, and how long to wait for lines after the end.
    """

    def __init__(
        self,
        *,
        connection: "SageMakerConnection",
        kind: JobKind,
        job_name: str,
        journal: LogJournal | None,
        resumes: bool,
        log: dg.DagsterLogManager,
        polling: Polling,
    ) -> None:
        self.group = kind.log_group
        shown = journal.shown(TAIL_LINES) if journal and resumes else Shown()
        self.tail = deque(shown.tail, maxlen=TAIL_LINES)
        self._kind = kind
        self._job_name = job_name
        self._journal = journal
        self._log = log
        self._polling = polling
        self._position = shown.position
        self._streams = LogStreams(connection, kind.log_group, job_name, shown.position)
        self._began: float | None = None
        self._last_read = 0.0
        self._troubles = 0
        self._may_pass = True
        self._warned = False

    @property
    def stream_names(self) -> list[str]:
        """The streams found so far."""
        return self._streams.names

    @property
    def location(self) -> str:
        """Where the whole log is."""
        names = ", ".join(self.stream_names) or self._streams.prefix + "*"
        return f"log group {self.group}, stream {names}"

    def poll(self, description: Mapping[str, Any], /, *, now: bool = False) -> None:
        """Read and emit what is new, if it is time: at most one page per stream."""
        clock = time.monotonic()
        if self._began is None:
            self._began = self._last_read = clock
        pause = self._polling.log_interval(clock - self._began, self._troubles)
        if now or clock - self._last_read >= pause:
            self._last_read = clock
            self._attempt(lambda: self._follow(description))

    def finish(self, description: Mapping[str, Any], /) -> None:
        """Read to the end, with lines that come late.

        Of a job that completed, what has come ``late_log_seconds`` after its end is read at once.
        The lines that say why a job failed are waited for longer, and shown as they come.
        """
        completed = self._kind.status(description) == "Completed"
        # Without instances there was nobody to write.
        late = self._polling.late_log_seconds if self._kind.has_started(description) else 0.0
        patience = late if completed else _FAILED_PATIENCE * late
        # A job that was found completed may have ended long ago.
        left = max(patience - self._kind.seconds_since_end(description), 0.0)
        last_look = time.monotonic() + left
        deadline, pause = last_look, late if completed else min(late, 1.0)
        troubles = 0
        while True:
            interrupts.pause(max(min(pause, deadline - time.monotonic()), 0))
            progressed = self._attempt(lambda: self._read_all(description))
            now = time.monotonic()
            if self._troubles:
                troubles += 1
                if troubles == _TROUBLED_LOOKS or not self._may_pass:
                    return
                pause = _TROUBLE_SECONDS * 2.0 ** (troubles - 1)
                deadline = max(deadline, now + pause)
            elif now >= deadline:
                return
            elif progressed:
                pause, deadline = min(late, 1.0), min(now + late, last_look)
            else:
                pause *= 2

    def _attempt(self, read: Callable[[], bool]) -> bool:
        """Whether a read brought anything new; False, too, if it failed."""
        try:
            progressed = read()
        except AWS_ERRORS as error:
            self._troubles += 1
            self._may_pass = is_transient(error)
            if self._troubles == 1 and not self._warned:
                self._warned = True
                self._log.warning(
                    f"[sagemaker] The log of job {self._job_name} cannot be read for now: {error} "
                    "The job is not affected."
                )
            return False
        self._troubles = 0
        return progressed

    def _follow(self, description: Mapping[str, Any]) -> bool:
        """One page of every stream."""
        self._find_missing(description)
        lines, more = self._streams.next_pages()
        self._show(lines, description)
        if self._streams.error is not None:
            raise self._streams.error
        return more

    def _read_all(self, description: Mapping[str, Any]) -> bool:
        """All that is there, for a bounded time."""
        if not self._streams.followed:
            return self._sweep(description)
        began, progressed = time.monotonic(), False
        while self._follow(description):
            progressed = True
            if time.monotonic() - began > _FINISH_SECONDS:
                self._log.warning(f"[sagemaker] The log goes on; the whole of it: {self.location}")
                break
        return progressed

    def _sweep(self, description: Mapping[str, Any]) -> bool:
        progressed = False
        for lines in self._streams.sweep(self._expected_streams(description)):
            progressed |= bool(lines)
            self._show(lines, description)
        return progressed

    def _find_missing(self, description: Mapping[str, Any]) -> None:
        if self._streams.followed < self._expected_streams(description):
            self._streams.find()

    def _expected_streams(self, description: Mapping[str, Any]) -> int:
        # After a restart every instance writes a new stream.
        return self._kind.instance_count(description) * (1 + self._kind.restarts(description))

    def _show(self, lines: Sequence[LogLine], description: Mapping[str, Any]) -> None:
        several = self._kind.instance_count(description) > 1
        texts = [f"{line.host}: {line.text}" if several else line.text for line in lines]
        self.tail.extend(shortened(text, _TAIL_CHARACTERS) for text in texts[-TAIL_LINES:])
        if self._journal is None:
            return
        left = iter(lines)
        for batch in in_batches(texts, _EVENT_CHARACTERS):
            read = ((line.stream, line.timestamp) for line in islice(left, len(batch)))
            self._position = advanced(self._position, read)
            text = "\n".join(batch)
            self._journal.announce(self._position, text)
            self._log.info(text)
