"""Starting a job's containers."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from ml_pipeline.local_sagemaker.home import Home
from ml_pipeline.local_sagemaker.jobs import namespaces
from ml_pipeline.local_sagemaker.jobs.container import (
    Container,
    NamespaceContainer,
    PlainContainer,
)
from ml_pipeline.local_sagemaker.jobs.environment import container_environment
from ml_pipeline.local_sagemaker.jobs.image import Image
from ml_pipeline.local_sagemaker.jobs.instance import Instance
from ml_pipeline.local_sagemaker.jobs.namespaces import Surroundings
from ml_pipeline.local_sagemaker.jobs.opt_ml_link import OptMlLink
from ml_pipeline.local_sagemaker.jobs.stopping import StopRequest
from ml_pipeline.local_sagemaker.runtimes.layer import create_layer
from ml_pipeline.local_sagemaker.runtimes.pip_settings import pip_configuration


class Launcher:
    """Starts the containers of one job.

    Args:
        home: The service's home.
        image: What they run on.
        hosts: The names of all instances.
        request_environment: The request's ``Environment``.
        service_environment: What the service adds for this kind of job.
        endpoint: The local service's URL.
        stop: Ends the wait for ``/opt/ml``, where there is only one.
    """

    def __init__(
        self,
        home: Home,
        image: Image,
        hosts: list[str],
        request_environment: Mapping[str, str],
        service_environment: Mapping[str, str],
        endpoint: str,
        stop: StopRequest,
    ) -> None:
        self._home = home
        self._image = image
        self._hosts = hosts
        self._request_environment = request_environment
        self._service_environment = service_environment
        self._endpoint = endpoint
        self._stop = stop

    def start(self, instance: Instance, program: list[str]) -> Container:
        """Start an instance's container.

        Raises:
            ClientFault: This host gives neither namespaces nor ``/opt/ml``.
            JobStoppedError: A stop was asked for.
        """
        surroundings = self._surroundings(instance)
        environment = self._environment(instance)
        reason = namespaces.unavailable()
        self._stop.check()
        if reason is None:
            return NamespaceContainer(surroundings, program, environment, instance.log.write)
        instance.log.write(
            f"This host gives jobs no namespaces of their own ({reason}): running without, one job "
            "at a time, with /opt/ml as a link; host name, /tmp and processes are the host's."
        )
        link = OptMlLink(self._home.root)
        link.take(instance.directory.ml, self._stop, instance.log.write)
        return PlainContainer(surroundings, program, environment, instance.log.write)

    def _surroundings(self, instance: Instance) -> Surroundings:
        interpreter = self._image.interpreter
        directory = instance.directory
        own = interpreter.environment
        visible = [Path(interpreter.base_prefix), *([own] if own else [])]
        (directory.root / "hosts").write_text(
            f"127.0.0.1 localhost {' '.join(self._hosts)}\n::1 localhost\n" + _host_names(),
            encoding="utf-8",
        )
        return Surroundings(
            directory.root,
            instance.name,
            directory.home,
            own,
            tuple(path for path in visible if path.exists()),
        )

    def _environment(self, instance: Instance) -> dict[str, str]:
        interpreter = self._image.interpreter
        train = _train_program() if self._image.runtime.train else None
        configuration = pip_configuration(os.environ)
        directory = instance.directory
        programs = [create_layer(directory.layer, interpreter, configuration, train)]
        if interpreter.environment:
            programs.append(interpreter.environment / "bin")
        return container_environment(
            self._request_environment,
            self._service_environment,
            home=directory.home,
            programs=programs,
            endpoint=self._endpoint,
        )


def _train_program() -> str:
    # Read, not imported: it runs with the job's own Python.
    spec = find_spec("ml_pipeline.local_sagemaker.jobs.script_mode")
    assert spec is not None and spec.origin is not None  # noqa: S101 - a part of this package
    return Path(spec.origin).read_text(encoding="utf-8")


def _host_names() -> str:
    try:
        return Path("/etc/hosts").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
