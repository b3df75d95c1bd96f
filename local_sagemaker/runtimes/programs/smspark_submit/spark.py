"""Spark, and the Java and the Python that it runs on."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from .reporting import SubmitError

_NO_JAVA = (
    "Spark needs Java, and this machine has none: neither JAVA_HOME nor PATH leads to a program "
    "java. Install a Java runtime, version 17 or 11 (on Debian and Ubuntu: apt-get install "
    "default-jre-headless)"
)


def surroundings() -> "dict[str, str]":
    """Where Spark finds itself, Python and Java.

    Raises:
        SubmitError: There is no Java, or no Spark.
    """
    home = os.environ.get("JAVA_HOME")
    if not (home and Path(home, "bin", "java").exists()) and shutil.which("java") is None:
        raise SubmitError(_NO_JAVA)
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise SubmitError("PySpark is not installed in the runtime of this image")
    return {
        "SPARK_HOME": spec.submodule_search_locations[0],
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        # As in the image; without it, hashes of strings differ from process to process.
        "PYTHONHASHSEED": "0",
    }


def command_of(environment: "dict[str, str]") -> "list[str]":
    """The command that submits, up to the options.

    Args:
        environment: Says where Spark is; see ``surroundings``.
    """
    return [str(Path(environment["SPARK_HOME"], "bin", "spark-submit")), "--master", "local[*]"]
