"""Getting what stands in for a job's image."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from local_sagemaker.home import Home
from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.jobs.stopping import StopRequest
from local_sagemaker.jobs.watching import run_command
from local_sagemaker.runtimes.build import RuntimeBuilder, RuntimeBuildError
from local_sagemaker.runtimes.catalog import Runtime, UnknownImageError, find_runtime
from local_sagemaker.runtimes.differences import differences, installed_versions
from local_sagemaker.runtimes.interpreter import Interpreter, InterpreterError
from local_sagemaker.runtimes.mapping import MAPPING_NAME, MappingError


@dataclass(frozen=True)
class Image:
    """An image that is ready to run.

    Args:
        runtime: What stands in for it.
        interpreter: Its Python.
        builder: Keeps the runtime from being removed while this process lives.
    """

    runtime: Runtime
    interpreter: Interpreter
    builder: RuntimeBuilder | None = field(default=None, compare=False)


def find_image(home: Home, image: str) -> Runtime:
    """Look up what stands in for an image.

    Raises:
        ClientFault: Nothing does.
    """
    try:
        return find_runtime(image, home.root / MAPPING_NAME)
    except (UnknownImageError, MappingError) as error:
        raise ClientFault(str(error)) from error


def pull(home: Home, runtime: Runtime, stop: StopRequest, tell: Callable[[str], None]) -> Image:
    """Build a runtime if it is not there yet, and say in what it is not the image.

    Args:
        home: Keeps what is built.
        runtime: What to build.
        stop: Ends the building.
        tell: Receives lines about its progress.

    Raises:
        ClientFault: It cannot be built, or the interpreter named for it does not run.
        JobStoppedError: A stop was asked for.
    """
    run = partial(run_command, stop=stop)
    builder = RuntimeBuilder(home.runtimes, os.environ, run, stop.check, tell)
    try:
        image = Image(runtime, builder.provide(runtime), builder)
    except (RuntimeBuildError, InterpreterError) as error:
        raise ClientFault(str(error)) from error
    if runtime.known is not None:
        versions = installed_versions(runtime.known, image.interpreter)
        notice = differences(runtime.known, image.interpreter.version, versions)
        if notice is not None:
            tell(notice)
    return image
