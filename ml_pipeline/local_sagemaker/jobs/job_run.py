"""The way of one job, from its request to its outputs."""

from ml_pipeline.local_sagemaker.home import Home
from ml_pipeline.local_sagemaker.jobs import container
from ml_pipeline.local_sagemaker.jobs.directory import HostDirectory, JobDirectory
from ml_pipeline.local_sagemaker.jobs.ending import Ending, Run
from ml_pipeline.local_sagemaker.jobs.environment import REGION
from ml_pipeline.local_sagemaker.jobs.image import Image, find_image, pull
from ml_pipeline.local_sagemaker.jobs.instance import Instance, instance_names
from ml_pipeline.local_sagemaker.jobs.job_log import JobLog
from ml_pipeline.local_sagemaker.jobs.job_type import JobType
from ml_pipeline.local_sagemaker.jobs.launch import Launcher
from ml_pipeline.local_sagemaker.jobs.reasons import ClientFault
from ml_pipeline.local_sagemaker.jobs.staging import Stager
from ml_pipeline.local_sagemaker.jobs.stopping import StopRequest
from ml_pipeline.local_sagemaker.log_files import LogFiles
from ml_pipeline.local_sagemaker.s3.store import ObjectStore


class JobRun:
    """Runs one job.

    Args:
        home: The service's home.
        name: The job's name.
        kind: What kind of job it is, with its request.
        directory: Its working directory, made anew.
        objects: Where inputs come from.
        stop: Ends it before its time.
        endpoint: The local service's URL, for what its scripts call.
    """

    def __init__(
        self,
        home: Home,
        name: str,
        kind: JobType,
        directory: JobDirectory,
        objects: ObjectStore,
        stop: StopRequest,
        endpoint: str,
    ) -> None:
        self._home = home
        self._name = name
        self._kind = kind
        self._directory = directory
        self._objects = objects
        self._stop = stop
        self._endpoint = endpoint

    def run(self, grace: float) -> Ending:
        """Take the job from its request to its outputs.

        Args:
            grace: Seconds between SIGTERM and SIGKILL when it is stopped.

        Returns:
            How it ended.

        Raises:
            JobFault: It failed for a known reason.
            JobStoppedError: A stop was asked for before its container ran.
            ContainerSetupError: Its container could not be made.
        """
        kind = self._kind
        self._stop.check()
        kind.check()
        if kind.instance_count != 1:
            raise ClientFault("InstanceCount must be 1 here")
        runtime = find_image(self._home, kind.image)
        program = kind.command(runtime)
        instances = self._instances()
        kind.on_download()
        self._stage(instances)
        kind.on_image()
        image = pull(self._home, runtime, self._stop, instances[0].log.write)
        self._stop.check()
        kind.on_run()
        run = self._run(instances, image, program, grace)
        return kind.settle([instance.directory for instance in instances], run)

    def _instances(self) -> list[Instance]:
        files = LogFiles(self._home.logs)
        names = instance_names(self._kind.instance_count)
        instances = []
        for name in names:
            directory = HostDirectory(self._directory.hosts / name)
            directory.create()
            self._kind.prepare(directory, names, name)
            log = JobLog(files, self._kind.log_group, self._name, name, self._kind.read_line)
            instances.append(Instance(name, directory, log))
        return instances

    def _stage(self, instances: list[Instance]) -> None:
        stager = Stager(self._objects, self._stop, self._kind.role, REGION)
        for source in self._kind.inputs():
            for index, instance in enumerate(instances):
                target = instance.directory.of(source.path)
                stager.stage(source, target, index, len(instances))

    def _run(
        self, instances: list[Instance], image: Image, program: list[str], grace: float
    ) -> Run:
        launcher = Launcher(
            self._home,
            image,
            [instance.name for instance in instances],
            self._kind.request_environment,
            self._kind.service_environment,
            self._endpoint,
            self._stop,
        )
        containers = [launcher.start(instance, program) for instance in instances]
        outcome = container.run(containers, self._stop, self._kind.max_runtime, grace)
        codes = [one.exit_code() for one in containers]
        return Run(outcome, max(codes))
