"""The daemon's life: everything it is made of, from the port to the last request."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib import metadata

from aiohttp import web

from local_sagemaker.account import job_arn
from local_sagemaker.api import services
from local_sagemaker.api.server import Server
from local_sagemaker.api.service_models import service_model
from local_sagemaker.api.validation import validate
from local_sagemaker.daemon.launcher import SUPERVISOR, SupervisorLauncher
from local_sagemaker.daemon.listening import Reach, listen
from local_sagemaker.daemon.record import DaemonRecord
from local_sagemaker.daemon.watcher import SupervisorWatcher
from local_sagemaker.events.sender import sender
from local_sagemaker.faults.admin import Admin
from local_sagemaker.faults.calls import strike
from local_sagemaker.faults.instances import Instances
from local_sagemaker.faults.late_logs import LateLogFiles
from local_sagemaker.faults.parsing import InvalidFaultError
from local_sagemaker.faults.registry import Faults
from local_sagemaker.feature_store.store import FeatureStore
from local_sagemaker.home import Home
from local_sagemaker.jobs.kinds.training.interruptions import NotInterruptibleError, interrupt
from local_sagemaker.kinds import KINDS
from local_sagemaker.log_files import LogFiles
from local_sagemaker.pipelines.advancing import Advancer
from local_sagemaker.pipelines.operations import Pipelines
from local_sagemaker.pipelines.runner import PipelineRunner
from local_sagemaker.pipelines.step_jobs import StepJobs
from local_sagemaker.pipelines.step_runs import JobSteps
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.process import ProcessId
from local_sagemaker.records.job_remains import left_aside, remove_directory
from local_sagemaker.records.store import Job, JobStore
from local_sagemaker.s3.http import SERVER_OPTIONS
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.sdk_defaults import write_sdk_defaults
from local_sagemaker.trees import remove_tree
from local_sagemaker.web.pages import Pages

_LAST_REQUESTS_SECONDS = 3.0
_THIS_MACHINE = Reach()

_log = logging.getLogger(__name__)


async def serve(
    home: Home,
    port: int,
    ready: Callable[[], None],
    supervisor: Sequence[str] = SUPERVISOR,
    reach: Reach = _THIS_MACHINE,
) -> None:
    """Serve until SIGTERM or SIGINT.

    Jobs go on without the daemon. Those that an earlier one left are taken up first.

    Args:
        home: The service's home, which nobody else serves.
        port: Where to listen; 0 for any free port.
        ready: Called once requests are answered.
        supervisor: The command that runs a job.
        reach: From where else than this machine it can be reached.

    Raises:
        PortInUseError: Another program has the port.
    """
    loop = asyncio.get_running_loop()
    listening = listen(home, port, reach)
    record = DaemonRecord(ProcessId.current(), listening[0].getsockname()[1], _version())
    endpoint = f"http://127.0.0.1:{record.port}"
    store, objects = JobStore(home.job_database), ObjectStore(home.s3)
    features = FeatureStore(home.feature_database, objects)
    events = sender(home.job_database, endpoint)
    watcher = SupervisorWatcher(home, store, SupervisorLauncher(home, endpoint, supervisor), loop)
    server, pipelines = _server(
        home, store, features, objects, watcher.launch, record.version, reach
    )
    watcher.tell(pipelines.job_ended)
    await loop.run_in_executor(None, watcher.recover)
    runner = web.AppRunner(
        server.application(),
        access_log=None,
        shutdown_timeout=_LAST_REQUESTS_SECONDS,
        **SERVER_OPTIONS,
    )
    await runner.setup()
    for each in listening:
        await web.SockSite(runner, each).start()
    features.start()
    pipelines.start()
    if events is not None:
        events.start()
    write_sdk_defaults(home)
    record.write(home.daemon_record)
    ready()
    threading.Thread(target=_tidy_and_warm, args=(home, objects), daemon=True).start()
    _log.info("serving %s on port %d", home.root, record.port)
    await _asked_to_stop(loop)
    home.daemon_record.unlink(missing_ok=True)
    if events is not None:
        await loop.run_in_executor(None, events.stop)
    await runner.cleanup()
    await loop.run_in_executor(None, features.stop)
    await loop.run_in_executor(None, pipelines.stop)


def _server(
    home: Home,
    store: JobStore,
    features: FeatureStore,
    objects: ObjectStore,
    launch: Callable[[Job], None],
    version: str,
    reach: Reach,
) -> tuple[Server, PipelineRunner]:
    """All that answers requests, with the faults that it meets; and what takes pipelines on."""
    faults = Faults()
    instances = Instances(faults, store)
    jobs = services.job_operations(
        store,
        objects,
        instances.launching(launch),
        partial(remove_directory, home, store),
        instances.admitted,
    )
    recorded = PipelineStore(home.pipeline_database)
    step_jobs = StepJobs(store, jobs, partial(strike, faults, "sagemaker"))
    runner = PipelineRunner(recorded, Advancer(recorded, JobSteps(recorded, step_jobs), objects))
    pipelines = Pipelines(recorded, store, objects, runner.wake)
    sagemaker = services.sagemaker(store, features, objects, jobs, pipelines)
    logs = services.logs(LateLogFiles(home.logs, faults))
    admin = Admin(faults, partial(_interrupt_spot, store))
    about = {"version": version, "home": str(home.root)}
    pages = Pages(store, LogFiles(home.logs), home.feature_database, recorded, about)
    records = services.feature_store_runtime(features)
    # CloudWatch's requests are signed for its endpoint's name.
    own = services.OwnServices(
        json={"sagemaker": sagemaker, "logs": logs, "monitoring": services.cloudwatch(store)},
        rest={"sagemaker": records},
    )
    server = Server(home, version, objects, own, faults, admin, pages, reach.hosts)
    return server, runner


def _interrupt_spot(store: JobStore, name: str, capacity_after: float) -> None:
    """Interrupt a spot job for the admin API.

    Raises:
        InvalidFaultError: It cannot be interrupted.
    """
    try:
        interrupt(store, name, capacity_after)
    except NotInterruptibleError as error:
        raise InvalidFaultError(str(error)) from error


def _tidy_and_warm(home: Home, objects: ObjectStore) -> None:
    """Do now, beside the requests, what is in nobody's way.

    Files that killed writers left are removed; models are read and patterns built, so that the
    first job need not wait half a second for them.
    """
    objects.sweep()
    shape = service_model("sagemaker").operation_model("AddTags").input_shape
    kind = next(iter(KINDS.values()))
    tags = [{"Key": "key", "Value": "value"}]
    validate(shape, {"ResourceArn": job_arn(kind, "job"), "Tags": tags}, "")
    for directory in left_aside(home):
        remove_tree(directory)


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
