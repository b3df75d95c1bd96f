"""Starting a job's containers."""

import os
from collections.abc import Mapping
from pathlib import Path

from local_sagemaker.home import Home
from local_sagemaker.jobs.containers.container import Container
from local_sagemaker.jobs.containers.environment import container_environment
from local_sagemaker.jobs.containers.namespace_container import NamespaceContainer
from local_sagemaker.jobs.containers.namespaces import NamespacesUnavailableError
from local_sagemaker.jobs.containers.opt_ml_link import OptMlLink
from local_sagemaker.jobs.containers.surroundings import Surroundings
from local_sagemaker.jobs.image import Image
from local_sagemaker.jobs.instance import Instance
from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.jobs.stopping import StopRequest
from local_sagemaker.runtimes.layer import create_layer
from local_sagemaker.runtimes.pip_settings import pip_configuration

_WEAKNESS = (
    "This host does not let a job's surroundings be read-only ({}): the job can write wherever the "
    "local service's user may."
)


class ContainerLauncher:
    """Starts the containers of one job.

    Args:
        home: The service's home.
        image: What they run on.
        addresses: The names of all instances, each with the address that is to be its own.
        request_environment: The request's ``Environment``.
        service_environment: What the service adds for this kind of job.
        endpoint: The local service's URL.
        stop: Ends the wait for ``/opt/ml``, where there is only one.
    """

    def __init__(
        self,
        home: Home,
        image: Image,
        addresses: Mapping[str, str],
        request_environment: Mapping[str, str],
        service_environment: Mapping[str, str],
        endpoint: str,
        stop: StopRequest,
    ) -> None:
        self._home = home
        self._image = image
        self._addresses = addresses
        self._request_environment = request_environment
        self._service_environment = service_environment
        self._endpoint = endpoint
        self._stop = stop

    def start(self, instance: Instance, program: list[str]) -> Container:
        """Start an instance's container.

        Raises:
            ClientFault: This host gives neither namespaces nor ``/opt/ml``, or no namespaces to
                a job of several instances.
            ContainerSetupError: The container could not be made.
            JobStoppedError: A stop was asked for.
        """
        surroundings = self._surroundings(instance)
        environment = self._environment(instance)
        self._stop.check()
        try:
            container = NamespaceContainer(surroundings, program, environment, instance.log.write)
        except NamespacesUnavailableError as error:
            reason = str(error)
        else:
            if container.weakness:
                instance.log.write(_WEAKNESS.format(container.weakness))
            return container
        if len(self._addresses) > 1:
            raise ClientFault(
                f"{len(self._addresses)} instances need namespaces of their own, which this host "
                f"does not give ({reason}): set the instance count to 1"
            )
        instance.log.write(
            f"This host gives jobs no namespaces of their own ({reason}): running without, one job "
            "at a time, with /opt/ml as a link; host name, /tmp and processes are the host's, and "
            "the job can write wherever the local service's user may."
        )
        # It loads what only it needs.
        from local_sagemaker.jobs.containers.plain_container import PlainContainer

        link = OptMlLink(self._home.root)
        link.take(instance.directory.ml, self._stop, instance.log.write)
        return PlainContainer(surroundings, program, environment, instance.log.write)

    def _surroundings(self, instance: Instance) -> Surroundings:
        interpreter = self._image.interpreter
        directory = instance.directory
        runtime = interpreter.environment
        visible = [Path(interpreter.base_prefix), *([runtime] if runtime else [])]
        own_names = "".join(f"{address} {name}\n" for name, address in self._addresses.items())
        (directory.root / "hosts").write_text(
            "127.0.0.1 localhost\n::1 localhost\n" + own_names + _host_names(),
            encoding="utf-8",
        )
        return Surroundings(
            directory.root,
            instance.name,
            directory.home,
            hidden=self._home.root,
            own=(directory.ml, directory.tmp, directory.home, directory.layer),
            visible=tuple(path for path in visible if path.exists()),
            runtime=runtime,
        )

    def _environment(self, instance: Instance) -> dict[str, str]:
        interpreter = self._image.interpreter
        known, own = self._image.runtime.known, self._image.runtime.programs
        configuration = pip_configuration(os.environ)
        directory = instance.directory
        programs = [create_layer(directory.layer, interpreter, configuration, own)]
        if interpreter.environment:
            programs.append(interpreter.environment / "bin")
        return container_environment(
            self._request_environment,
            self._service_environment,
            image=known.variables if known else {},
            home=directory.home,
            programs=programs,
            endpoint=self._endpoint,
        )


def _host_names() -> str:
    try:
        return Path("/etc/hosts").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
