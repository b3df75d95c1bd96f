"""The settings of Spark and Hadoop."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from .container import read_json
from .hosts import Hosts
from .reporting import SubmitError

# Classifications whose files are no XML, and those whose files have other names.
_TEXTS = {
    "spark-log4j": ("log4j.properties", "log4j2.properties"),
    "spark-metrics": ("metrics.properties",),
}
_SITES = {"spark-hive-site": "hive-site"}


class Configuration:
    """What ``configuration.json`` asks of Spark and Hadoop (EMR's classifications).

    Args:
        directory: Takes the files that they read.
        hosts: The job's.
    """

    def __init__(self, directory: Path, hosts: Hosts) -> None:
        self._directory = directory
        self._environment: dict[str, str] = {}
        self._sites: dict[str, dict[str, str]] = {}
        self._texts: dict[str, dict[str, str]] = {}
        self._defaults: dict[str, str] = {
            "spark.driver.host": hosts.current if hosts.can_be_a_cluster else hosts.address,
            "spark.driver.bindAddress": hosts.address,
            "spark.ui.enabled": "false",
            "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        }

    @property
    def settings(self) -> "dict[str, str]":
        """Spark's settings."""
        return {**self._defaults, **_local_s3()}

    def add(self, settings: "Mapping[str, str]") -> None:
        """Set what was not asked for otherwise."""
        self._defaults = {**settings, **self._defaults}

    def log_events(self, directory: Path) -> None:
        """Have Spark write its event logs to a directory."""
        self._defaults["spark.eventLog.enabled"] = "true"
        self._defaults["spark.eventLog.dir"] = f"file://{directory}"

    def read(self, path: Path) -> None:
        """Take a configuration file, if it is there.

        Raises:
            SubmitError: It is not as it must be.
        """
        content = read_json(path, [])
        try:
            for entry in content if isinstance(content, list) else [content]:
                self._take(entry)
        except (TypeError, KeyError, AttributeError) as error:
            raise SubmitError(f"{path} is not a list of configurations: {error!r}") from error

    def write(self) -> "dict[str, str]":
        """Write the files; returns the variables that lead to them."""
        spark, hadoop = self._directory / "spark", self._directory / "hadoop"
        spark.mkdir()
        hadoop.mkdir()
        lines = [f"{name} {value}\n" for name, value in self.settings.items()]
        (spark / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
        for name, properties in self._texts.items():
            lines = [f"{key}={value}\n" for key, value in properties.items()]
            (spark / name).write_text("".join(lines), encoding="utf-8")
        for name, properties in self._sites.items():
            for place in (spark, hadoop):
                (place / f"{name}.xml").write_text(_xml(properties), encoding="utf-8")
        return {
            **self._environment,
            "SPARK_CONF_DIR": str(spark),
            "HADOOP_CONF_DIR": str(hadoop),
        }

    def _take(self, entry: "dict[str, Any]") -> None:
        name = entry["Classification"]
        properties = {key: str(value) for key, value in entry.get("Properties", {}).items()}
        if name == "spark-defaults":
            self._defaults.update(properties)
        elif name.endswith("-env"):
            for export in entry.get("Configurations", []):
                self._environment.update(export.get("Properties", {}))
        elif name in _TEXTS:
            for file in _TEXTS[name]:
                self._texts.setdefault(file, {}).update(properties)
        else:
            site = _SITES.get(name, name)
            self._sites.setdefault(site, {}).update(properties)


def _local_s3() -> "dict[str, str]":
    """How Spark reaches the local S3: whatever a configuration says, a job here calls no AWS."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3", "")
    if not endpoint:
        return {}
    return {
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": str(endpoint.startswith("https")).lower(),
        "spark.hadoop.fs.s3a.aws.credentials.provider": (
            "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"
        ),
        "spark.hadoop.fs.s3a.access.key": os.environ.get("AWS_ACCESS_KEY_ID", "local"),
        "spark.hadoop.fs.s3a.secret.key": os.environ.get("AWS_SECRET_ACCESS_KEY", "local"),
    }


def _xml(properties: "dict[str, str]") -> str:
    lines = [
        f"<property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in properties.items()
    ]
    return f"<configuration>\n{''.join(lines)}</configuration>\n"
