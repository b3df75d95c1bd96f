"""How a daemon that was just started tells its starter that it serves, or why it does not."""

import json
import os
import select

from local_sagemaker.daemon.errors import (
    AlreadyRunningError,
    DaemonError,
    MissingExtraError,
    PortInUseError,
)

_SERVING = "serving"
_ERRORS = {
    error.__name__: error
    for error in (DaemonError, AlreadyRunningError, MissingExtraError, PortInUseError)
}


def send(pipe: int, error: DaemonError | None) -> None:
    """Tell the starter, if it still listens, and close the pipe.

    Args:
        pipe: The writing end.
        error: Why there is no daemon; None if it serves.
    """
    report = [_SERVING, ""] if error is None else [type(error).__name__, str(error)]
    try:
        os.write(pipe, json.dumps(report).encode())
    except BrokenPipeError:
        pass
    finally:
        os.close(pipe)


def receive(pipe: int, timeout: float) -> bool:
    """Wait for the daemon's word.

    Args:
        pipe: The reading end; the daemon must be the only one that holds the other.
        timeout: Seconds to wait.

    Returns:
        Whether it serves. False if it ended, or the time did, without a word.

    Raises:
        DaemonError: What the daemon said.
    """
    ready, _, _ = select.select([pipe], [], [], timeout)
    text = os.read(pipe, 65536) if ready else b""
    if not text:
        return False
    kind, message = json.loads(text)
    if kind != _SERVING:
        raise _ERRORS[kind](message)
    return True
