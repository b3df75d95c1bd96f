"""``ml-pipeline local image``: what stands in for container images."""

import os
import shlex
from pathlib import Path

import click
from rich.console import Console

from local_sagemaker.home import Home
from local_sagemaker.runtimes.build import RuntimeBuilder, RuntimeBuildError
from local_sagemaker.runtimes.catalog import (
    Runtime,
    UnknownImageError,
    find_runtime,
    image_name,
)
from local_sagemaker.runtimes.images_here import images_here
from local_sagemaker.runtimes.interpreter import InterpreterError, inspect
from local_sagemaker.runtimes.inventory import RuntimeInUseError, remove
from local_sagemaker.runtimes.mapping import (
    MAPPING_NAME,
    MappedImage,
    MappingError,
    add_mapping,
    remove_mapping,
)
from ml_pipeline.cli.local.image_table import image_table
from ml_pipeline.cli.local.installing import run_shown
from ml_pipeline.cli.local.sizes import in_units
from ml_pipeline.settings import get_settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def image() -> None:
    """The Python environments that stand in for container images."""


@image.command()
@click.argument("uri", metavar="IMAGE")
@click.option("--python", type=_FILE, help="An interpreter with the image's packages and pip.")
@click.option("--requirements", type=_FILE, help="Build an environment of these requirements.")
@click.option("--entrypoint", default="", help="The image's ENTRYPOINT, as one shell word.")
@click.option("--command", default="", help="The image's CMD, as one shell word.")
@click.option("--no-train", is_flag=True, help="The image has no program `train` (script mode).")
def add(
    uri: str,
    python: Path | None,
    requirements: Path | None,
    entrypoint: str,
    command: str,
    no_train: bool,
) -> None:
    """Map IMAGE to a Python environment of yours.

    IMAGE is a URI, or a shell pattern for one or for its repository and tag, such as 'team/own:*'.
    """
    if (python is None) == (requirements is None):
        raise click.UsageError("give either --python or --requirements")
    home = _home()
    try:
        if python is not None:
            inspect(_absolute(python))
        entry = MappedImage(
            uri,
            _absolute(python) if python else None,
            requirements.resolve() if requirements else None,
            tuple(shlex.split(entrypoint)),
            tuple(shlex.split(command)),
            not no_train,
        )
        add_mapping(home.create().root / MAPPING_NAME, entry)
    except (MappingError, InterpreterError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{uri}: {python or requirements}; the next job with this image runs on it")


@image.command("list")
@click.option("--built", is_flag=True, help="Only those that have been built, and your own.")
def list_images(built: bool) -> None:
    """List the known images, and what there is of them on this machine."""
    try:
        found = images_here(_home())
    except MappingError as error:
        raise click.ClickException(str(error)) from error
    table = image_table(one for one in found if not built or one.own or one.built)
    # Piped, it is for programs: lines are not to be cut to a width nobody sees.
    console = Console()
    Console(width=None if console.is_terminal else 240).print(table)


@image.command()
@click.argument("uri", metavar="IMAGE")
def build(uri: str) -> None:
    """Build what stands in for IMAGE now, and not when the first job needs it."""
    home = _home()
    runtime = _find(home, uri)
    builder = RuntimeBuilder(home.runtimes, os.environ, run_shown, lambda: None, click.echo)
    try:
        home.create()
        interpreter = builder.provide(runtime)
    except (RuntimeBuildError, InterpreterError, OSError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        builder.release()
    click.echo(f"{uri}: {interpreter.python}")


@image.command("remove")
@click.argument("uri", metavar="IMAGE")
@click.option("--wait", is_flag=True, help="Wait for jobs that use it, instead of refusing.")
def remove_image(uri: str, wait: bool) -> None:
    """Take your mapping of IMAGE away, and delete the environment that was built for it."""
    home = _home()
    freed = _remove_built(home, uri, wait)
    try:
        unmapped = (home.root / MAPPING_NAME).exists() and (
            remove_mapping(home.root / MAPPING_NAME, uri)
            or remove_mapping(home.root / MAPPING_NAME, image_name(uri))
        )
    except (MappingError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if not unmapped and not freed:
        raise click.ClickException(f"{uri}: there is no mapping of it, and nothing was built")
    what = [
        *(["mapping removed"] if unmapped else []),
        *([f"{in_units(freed)} freed"] if freed else []),
    ]
    click.echo(f"{uri}: {', '.join(what)}")


def _remove_built(home: Home, uri: str, wait: bool) -> int:
    try:
        runtime = find_runtime(uri, home.root / MAPPING_NAME)
    except (UnknownImageError, MappingError):
        return 0  # a requirements file that is gone: the mapping can go all the same
    if runtime.python is not None:
        return 0
    try:
        return remove(home, runtime.key, (lambda: None) if wait else None)
    except RuntimeInUseError as error:
        raise click.ClickException(f"{error}; try again when it has ended, or --wait") from error
    except OSError as error:
        raise click.ClickException(f"{runtime.key} cannot be deleted: {error}") from error


def _find(home: Home, uri: str) -> Runtime:
    try:
        return find_runtime(uri, home.root / MAPPING_NAME)
    except (UnknownImageError, MappingError) as error:
        raise click.ClickException(str(error)) from error


def _home() -> Home:
    return Home(get_settings().home)


def _absolute(python: Path) -> Path:
    # Not resolved: the python of a virtual environment is a link, and means nothing elsewhere.
    return Path(os.path.abspath(python))  # noqa: PTH100
