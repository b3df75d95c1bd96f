"""Telling the changes of jobs to a queue."""

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path

from local_sagemaker.events import QUEUE_VARIABLE
from local_sagemaker.events.event import message
from local_sagemaker.events.outbox import Change, Outbox, switch
from local_sagemaker.events.queue import Queue
from local_sagemaker.events.steps import steps

_LOOK_SECONDS = 0.2
_LONGEST_PAUSE = 30.0
_AT_ONCE = 10
_LAST_SECONDS = 3.0

_log = logging.getLogger(__name__)


class Sender:
    """A thread that sends what is in the outbox.

    Args:
        path: The job store's file.
        queue: Where to.
    """

    def __init__(self, path: Path, queue: Queue) -> None:
        self._path = path
        self._queue = queue
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier daemon left."""
        self._thread.start()

    def stop(self) -> None:
        """Send what there is, if that can be done soon; the next daemon sends the rest."""
        self._ending.set()
        self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        outbox = Outbox(self._path)
        pause = _LOOK_SECONDS
        while not self._ending.wait(pause):
            troubled = pause > _LOOK_SECONDS
            if self._look(outbox, troubled):
                pause = _LOOK_SECONDS
            else:
                pause = min(2 * pause, _LONGEST_PAUSE)
        self._drain_at_last(outbox)

    def _look(self, outbox: Outbox, troubled: bool) -> bool:
        """Send what is new, or was left; whether that went well."""
        try:
            self._queue.find()  # Consumers want it there before the first event.
            if outbox.touched() or troubled:
                self._drain(outbox)
        except Exception as error:
            if not troubled:
                _log.warning("events cannot be sent for now: %r", error)
            self._queue.lose()
            return False
        return True

    def _drain(self, outbox: Outbox) -> None:
        while changes := outbox.first(_AT_ONCE):
            told = 0
            try:
                for change in changes:
                    for text, identity in _messages(change):
                        self._queue.send(text, change.job.arn, identity)
                    told = change.number
            finally:
                if told:
                    outbox.forget(told)

    def _drain_at_last(self, outbox: Outbox) -> None:
        try:
            self._drain(outbox)
        except Exception as error:
            _log.info("events are left to the next daemon: %r", error)
        outbox.close()


def _messages(change: Change) -> list[tuple[str, str]]:
    """The messages that tell a change, each with its id."""
    try:
        return [(message(step), step.id) for step in steps(change)]
    except Exception:
        # The others must not wait for ever behind one that cannot be told.
        _log.exception("no event can be made of a change of %s", change.job.arn)
        return []


def sender(path: Path, endpoint: str, environment: Mapping[str, str] = os.environ) -> Sender | None:
    """The sender that the environment asks for, if it does; changes count from here on.

    Args:
        path: The job store's file, which is there.
        endpoint: The daemon's URL.
        environment: May name a queue.
    """
    target = environment.get(QUEUE_VARIABLE, "").strip()
    switch(path, on=bool(target))
    return Sender(path, Queue(target, endpoint)) if target else None
