"""The lock that makes a home's daemon the only one."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from local_sagemaker.daemon.errors import AlreadyRunningError
from local_sagemaker.daemon.record import DaemonRecord
from local_sagemaker.home import Home


@contextmanager
def only_daemon(home: Home) -> Iterator[None]:
    """Be the one that has this home; the kernel ends that with the process, whatever kills it.

    Raises:
        AlreadyRunningError: Another process is it.
    """
    descriptor = os.open(home.daemon_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(_who(home)) from None
        yield
    finally:
        os.close(descriptor)


def _who(home: Home) -> str:
    record = DaemonRecord.read(home.daemon_record)
    known = f" (pid {record.process.pid}, port {record.port})" if record else ""
    return (
        f"A local SageMaker runs for {home.root} already{known}. "
        "Stop it with: ml-pipeline local stop"
    )
