"""The way of one job, from its request to its outputs."""

import time
from functools import partial

from local_sagemaker.home import Home
from local_sagemaker.jobs.attempts import run_attempts
from local_sagemaker.jobs.containers import container
from local_sagemaker.jobs.containers.addresses import host_addresses
from local_sagemaker.jobs.containers.container import Container
from local_sagemaker.jobs.containers.environment import REGION
from local_sagemaker.jobs.containers.launch import ContainerLauncher
from local_sagemaker.jobs.containers.resource_use import ResourceMeter
from local_sagemaker.jobs.data.named_pipes import NamedPipe, NamedPipeFeeder
from local_sagemaker.jobs.data.restoring import restore
from local_sagemaker.jobs.data.staging import Stager
from local_sagemaker.jobs.data.syncing import Syncing
from local_sagemaker.jobs.directory import HostDirectory, JobDirectory
from local_sagemaker.jobs.ending import Ending, Run
from local_sagemaker.jobs.image import Image, find_image, pull
from local_sagemaker.jobs.instance import Instance
from local_sagemaker.jobs.job_log import JobLog
from local_sagemaker.jobs.reasons import ClientFault, JobInterruptedError
from local_sagemaker.jobs.stopping import StopRequest
from local_sagemaker.jobs.supervised_job import SupervisedJob
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.job import Job
from local_sagemaker.runtimes.catalog import Runtime
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.trees import make_readable


class JobRun:
    """Runs one job.

    Args:
        home: The service's home.
        recorded: The job as it is recorded.
        job: What its kind makes of it.
        directory: Its working directory, made anew.
        objects: Where inputs come from.
        stop: Ends it before its time.
        endpoint: The local service's URL, for what its scripts call.
        meter: Looks after its instances while they run.
    """

    def __init__(
        self,
        home: Home,
        recorded: Job,
        job: SupervisedJob,
        directory: JobDirectory,
        objects: ObjectStore,
        stop: StopRequest,
        endpoint: str,
        meter: ResourceMeter,
    ) -> None:
        self._home = home
        self._name = recorded.name
        self._log_group = recorded.kind.log_group
        self._job = job
        self._directory = directory
        self._objects = objects
        self._stop = stop
        self._endpoint = endpoint
        self._meter = meter
        # How long its containers have run, in all attempts.
        self._seconds = 0.0

    def run(self, grace: float) -> Ending:
        """Take the job from its request to its outputs.

        Args:
            grace: Seconds between SIGTERM and SIGKILL when it is stopped.

        Returns:
            How it ended.

        Raises:
            JobFault: It failed for a known reason.
            JobStoppedError: A stop was asked for, or the time was up, while no container ran.
            ContainerSetupError: Its container could not be made.
        """
        job = self._job
        self._stop.check_stop()
        job.check()
        self._meter.check()
        self._stop.limit(job.max_wait)
        runtime = find_image(self._home, job.image)
        attempt = partial(self._attempt, runtime, grace)
        return run_attempts(attempt, job, self._stop, self._directory.create)

    def _attempt(self, runtime: Runtime, grace: float) -> Ending:
        job = self._job
        job.on_launch()
        program = job.command(runtime)
        instances = self._instances()
        job.on_download()
        pipes = self._stage(instances)
        job.on_image()
        image = pull(self._home, runtime, self._stop, instances[0].log.write)
        self._stop.check()
        job.on_run()
        hosts = [instance.directory for instance in instances]
        with Syncing(job.synced, hosts, self._objects) as syncing:
            run = self._feed(instances, pipes, image, program, grace)
            for host in hosts:
                make_readable(host.ml)
        if run.outcome == "interrupt":
            raise JobInterruptedError
        ending = job.settle(hosts, run, instances[-1].log.write)
        # If the script has failed, that is what there is to be said.
        if syncing.problem and ending.status != "Failed":
            raise ClientFault(syncing.problem)
        return ending

    def _instances(self) -> list[Instance]:
        files = LogFiles(self._home.logs)
        instances = []
        for name in self._job.cluster.hosts:
            directory = HostDirectory(self._directory.hosts / name)
            directory.create()
            self._job.prepare(directory, name)
            log = JobLog(files, self._log_group, self._name, name, self._job.read_line)
            instances.append(Instance(name, directory, log))
        return instances

    def _stage(self, instances: list[Instance]) -> list[NamedPipe]:
        stager = Stager(self._objects, self._stop, self._job.role, REGION)
        pipes: list[NamedPipe] = []
        for source in self._job.inputs():
            hosts = self._job.cluster.hosts_of(source.groups)
            paths = [one.directory.of(source.path) for one in instances if one.name in hosts]
            if source.pipe:
                pipes += stager.pipes(source, paths)
            else:
                stager.stage(source, paths)
        for synced in self._job.synced:
            if synced.restored:
                directories = [instance.directory for instance in instances]
                restore(synced, directories, self._objects, stager)
        return pipes

    def _feed(
        self,
        instances: list[Instance],
        pipes: list[NamedPipe],
        image: Image,
        program: list[str],
        grace: float,
    ) -> Run:
        """Run the containers, and stream to them what they read in Pipe mode."""
        containers: list[Container] = []
        with NamedPipeFeeder(pipes, lambda: container.kill_running(containers)) as feeder:
            run = self._run(instances, containers, image, program, grace)
        if run.exit_code:
            feeder.check()
        return run

    def _run(
        self,
        instances: list[Instance],
        containers: list[Container],
        image: Image,
        program: list[str],
        grace: float,
    ) -> Run:
        launcher = ContainerLauncher(
            self._home,
            image,
            host_addresses(str(self._directory.root), self._job.cluster.hosts),
            self._job.request_environment,
            self._job.service_environment,
            self._endpoint,
            self._stop,
        )
        try:
            for instance in instances:
                # One by one: if the next fails, those that run must be known.
                containers.append(launcher.start(instance, program))  # noqa: PERF401
            self._meter.start(
                [
                    (one.name, one.directory.root, box)
                    for one, box in zip(instances, containers, strict=True)
                ]
            )
        except BaseException:
            container.kill(containers, self._stop)
            raise
        began = time.monotonic()
        try:
            return container.run(
                containers,
                self._stop,
                self._job.max_runtime - self._seconds,
                grace,
                self._job.on_cut,
                look=self._meter.look,
            )
        finally:
            self._seconds += time.monotonic() - began
            self._meter.settle()
