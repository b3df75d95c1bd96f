"""The daemon's life: everything it is made of, from the port to the last request."""

import asyncio
import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from importlib import metadata

from aiohttp import web

from ml_pipeline.local_sagemaker.api import services
from ml_pipeline.local_sagemaker.api.account import job_arn
from ml_pipeline.local_sagemaker.api.server import Server
from ml_pipeline.local_sagemaker.api.service_models import service_model
from ml_pipeline.local_sagemaker.api.validation import validate
from ml_pipeline.local_sagemaker.daemon.errors import PortInUseError
from ml_pipeline.local_sagemaker.daemon.health import ask
from ml_pipeline.local_sagemaker.daemon.launcher import SUPERVISOR, Launcher
from ml_pipeline.local_sagemaker.daemon.ports import listener
from ml_pipeline.local_sagemaker.daemon.record import DaemonRecord
from ml_pipeline.local_sagemaker.daemon.watcher import Watcher
from ml_pipeline.local_sagemaker.home import Home
from ml_pipeline.local_sagemaker.log_files import LogFiles
from ml_pipeline.local_sagemaker.process import ProcessId
from ml_pipeline.local_sagemaker.s3.http import SERVER_OPTIONS
from ml_pipeline.local_sagemaker.s3.store import ObjectStore
from ml_pipeline.local_sagemaker.store import JobStore

_LAST_REQUESTS_SECONDS = 3.0
_BACKLOG = 128

_log = logging.getLogger(__name__)


async def serve(
    home: Home, port: int, ready: Callable[[], None], supervisor: Sequence[str] = SUPERVISOR
) -> None:
    """Serve until SIGTERM or SIGINT.

    Jobs go on without the daemon. Those that an earlier one left are taken up first.

    Args:
        home: The service's home, which nobody else serves.
        port: Where on 127.0.0.1 to listen; 0 for any free port.
        ready: Called once requests are answered.
        supervisor: The command that runs a job.

    Raises:
        PortInUseError: Another program has the port.
    """
    loop = asyncio.get_running_loop()
    listening = _listen(home, port)
    port = listening.getsockname()[1]
    store, objects = JobStore(home.job_database), ObjectStore(home.s3)
    launcher = Launcher(home, f"http://127.0.0.1:{port}", supervisor)
    watcher = Watcher(home, store, launcher, loop)
    sagemaker = services.sagemaker(store, objects, watcher.launch)
    json_services = {"sagemaker": sagemaker, "logs": services.logs(LogFiles(home.logs))}
    record = DaemonRecord(ProcessId.current(), port, _version())
    server = Server(home, record.version, objects, json_services)
    await loop.run_in_executor(None, watcher.recover)
    runner = web.AppRunner(
        server.application(),
        access_log=None,
        shutdown_timeout=_LAST_REQUESTS_SECONDS,
        **SERVER_OPTIONS,
    )
    await runner.setup()
    await web.SockSite(runner, listening).start()
    record.write(home.daemon_record)
    ready()
    threading.Thread(target=_tidy_and_warm, args=(objects,), daemon=True).start()
    _log.info("serving %s on port %d", home.root, port)
    await _asked_to_stop(loop)
    home.daemon_record.unlink(missing_ok=True)
    await runner.cleanup()


def _listen(home: Home, port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        # Never another address: there are no passwords here, and jobs run what they are told.
        listening.bind(("127.0.0.1", port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise PortInUseError(_port_in_use(home, port, error)) from error
        raise
    return listening


def _port_in_use(home: Home, port: int, error: OSError) -> str:
    other = ask(port, timeout=1.0)
    if other is not None and other.home == home.root:
        # We hold the lock of this home, so what that one holds was deleted under it.
        return (
            f"Port {port} of this machine is still held by the local SageMaker (pid {other.pid}) "
            f"of a directory {home.root} that was deleted. End it with: kill {other.pid}"
        )
    if other is not None:
        holder = f"the local SageMaker of {other.home} (pid {other.pid}) has it"
    else:
        program = listener(port)
        holder = f"{program} has it" if program else str(error.strerror)
    return (
        f"Port {port} of this machine cannot be used: {holder}. "
        "Stop that, or choose another port with ML_PIPELINE_LOCAL_PORT."
    )


def _tidy_and_warm(objects: ObjectStore) -> None:
    """Do now, beside the requests, what is in nobody's way.

    Files that killed writers left are removed; models are read and patterns built, so that the
    first job need not wait half a second for them.
    """
    objects.sweep()
    shape = service_model("sagemaker").operation_model("AddTags").input_shape
    tags = [{"Key": "key", "Value": "value"}]
    validate(shape, {"ResourceArn": job_arn("processing", "job"), "Tags": tags}, "")


async def _asked_to_stop(loop: asyncio.AbstractEventLoop) -> None:
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()


def _version() -> str:
    try:
        return metadata.version("ml-pipeline")
    except metadata.PackageNotFoundError:
        return "unknown"
