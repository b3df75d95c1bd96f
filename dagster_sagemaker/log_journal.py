"""Which lines of a job's log were shown: kept in Dagster's event log, next to the lines."""

import json
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import dagster as dg

from dagster_sagemaker.log_position import Place, Position

_MARK = "[sagemaker] Log position "
_ROOT_RUN_TAG = "dagster/root_run_id"
_PAGE = 1000  # records that are read at once
_NEAR = 1000  # messages of other steps that may come between a position and its text


@dataclass(frozen=True)
class Shown:
    """What was shown of a log.

    Args:
        position: How far.
        tail: The last lines, oldest first.
    """

    position: Position = field(default_factory=dict)
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogJournal:
    """Says in a run's log how far the log of a job is shown, and finds out how far it was.

    Just before each text of lines, a debug message says how far the log is shown with that text,
    and the text's checksum. So whoever goes on with the job after a kill -9 knows of every line
    whether it was shown: the text is there, or it is not. This takes no request of AWS.

    It cannot be known, and lines come again, if the instance keeps no debug messages
    (``python_logs.python_log_level`` in dagster.yaml) or has lost the earlier run.

    Args:
        instance: Has the event log.
        run: This run.
        job_name: Name of the job.
        log: The run's log.
        mask: What that log does to texts.
    """

    instance: dg.DagsterInstance
    run: dg.DagsterRun
    job_name: str
    log: dg.DagsterLogManager
    mask: Callable[[str], str]

    def announce(self, position: Position, text: str) -> None:
        """Say that the log is shown up to a position once the next text is shown."""
        entry = {"job": self.job_name, "to": position, "text": _checksum(self.mask(text))}
        self.log.debug(_MARK + json.dumps(entry))

    def shown(self, tail_lines: int) -> Shown:
        """What was shown by this run and by those that it re-executes.

        Args:
            tail_lines: How many of the last lines are wanted.
        """
        position: Position | None = None
        tail: deque[str] = deque(maxlen=tail_lines)
        for to, text in self._texts():
            position = to if position is None else position
            lines = text.split("\n")
            tail.extendleft(islice(reversed(lines), tail_lines - len(tail)))
            if len(tail) == tail_lines:
                break
        return Shown(position or {}, tuple(tail))

    def _texts(self) -> Iterator[tuple[Position, str]]:
        """The texts that were shown, latest first, with the positions behind them."""
        for run_id in dict.fromkeys(self._runs()):
            later: deque[str] = deque(maxlen=_NEAR)
            for message in self._messages(run_id):
                entry = self._entry(message)
                if entry is None:
                    later.append(message)
                    continue
                for text in later:
                    if _checksum(text) == entry["text"]:
                        yield _places(entry["to"]), text
                        break
                later.clear()

    def _runs(self) -> Iterator[str]:
        """This run, others that were re-executed from the same one, latest first, its parents."""
        yield self.run.run_id
        root = self.run.root_run_id or self.run.run_id
        again = dg.RunsFilter(tags={_ROOT_RUN_TAG: root})
        yield from (run.run_id for run in self.instance.get_runs(again))
        parent = self.run.parent_run_id  # what Python's own API re-executes has no tags
        while parent is not None:
            yield parent
            run = self.instance.get_run_by_id(parent)
            parent = run.parent_run_id if run else None

    def _messages(self, run_id: str) -> Iterator[str]:
        """The messages of a run's log, latest first."""
        cursor: str | None = None
        while True:
            page = self.instance.get_records_for_run(
                run_id, cursor=cursor, limit=_PAGE, ascending=False
            )
            for record in page.records:
                if record.event_log_entry.dagster_event is None:
                    yield record.event_log_entry.user_message
            if not page.has_more:
                return
            cursor = page.cursor

    def _entry(self, message: str) -> dict[str, Any] | None:
        if not message.startswith(_MARK):
            return None
        try:
            entry: dict[str, Any] = json.loads(message.removeprefix(_MARK))
        except ValueError:  # a part of it looked like a secret, and was masked
            return None
        return entry if entry["job"] == self.job_name else None


def _places(places: dict[str, list[int]]) -> Position:
    return {stream: Place(*place) for stream, place in places.items()}


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode(errors="replace"))
