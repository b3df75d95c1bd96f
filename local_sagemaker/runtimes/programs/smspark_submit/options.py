"""The command line."""

import argparse

from .files import Files, in_s3
from .reporting import SubmitError


def parse(arguments: "list[str]") -> argparse.Namespace:
    """The options; whatever follows the application belongs to it.

    Raises:
        SubmitError: An option is not known, or there is no application.
    """
    parser = argparse.ArgumentParser("smspark-submit", allow_abbrev=False)
    parser.add_argument("--class", dest="class_")
    for name in ("--jars", "--py-files", "--files"):
        parser.add_argument(name)
    parser.add_argument("--spark-event-logs-s3-uri")
    parser.add_argument("--local-spark-event-logs-dir")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("app")
    parser.add_argument("app_arguments", nargs=argparse.REMAINDER)
    try:
        return parser.parse_args(arguments)
    except SystemExit as error:
        raise SubmitError(f"smspark-submit: not understood: {' '.join(arguments)}") from error


def arguments_of(options: argparse.Namespace, files: Files) -> "list[str]":
    """What ``spark-submit`` is told.

    Raises:
        SubmitError: A file is not there.
    """
    arguments = ["--class", options.class_] if options.class_ else []
    for name in ("jars", "py_files", "files"):
        value = getattr(options, name)
        if value:
            arguments += [f"--{name.replace('_', '-')}", ",".join(files.expand(value))]
    if options.verbose:
        arguments.append("--verbose")
    app = files.fetch(options.app) if in_s3(options.app) else options.app
    return [*arguments, app, *options.app_arguments]
