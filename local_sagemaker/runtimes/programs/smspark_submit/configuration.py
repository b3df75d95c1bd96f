"""The settings of Spark and Hadoop."""

import os
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from .container import read_json
from .reporting import SubmitError


class Configuration:
    """What ``configuration.json`` asks of Spark and Hadoop (EMR's classifications).

    Args:
        directory: Takes the files that they read.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._environment: dict[str, str] = {}
        self._sites: dict[str, dict[str, str]] = {}
        self._log: dict[str, str] = {}
        self.defaults: dict[str, str] = {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            **_s3a_defaults(),
        }

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
        lines = [f"{name} {value}\n" for name, value in self.defaults.items()]
        (spark / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
        if self._log:
            lines = [f"{name}={value}\n" for name, value in self._log.items()]
            for name in ("log4j.properties", "log4j2.properties"):
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
            self.defaults.update(properties)
        elif name.endswith("-env"):
            for export in entry.get("Configurations", []):
                self._environment.update(export.get("Properties", {}))
        elif name == "spark-log4j":
            self._log.update(properties)
        else:
            self._sites.setdefault(name, {}).update(properties)


def _s3a_defaults() -> "dict[str, str]":
    """How Spark reaches the local S3, given the jars (hadoop-aws and what it needs)."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3", "")
    if not endpoint:
        return {}
    return {
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": str(endpoint.startswith("https")).lower(),
        "spark.hadoop.fs.s3a.access.key": os.environ.get("AWS_ACCESS_KEY_ID", "local"),
        "spark.hadoop.fs.s3a.secret.key": os.environ.get("AWS_SECRET_ACCESS_KEY", "local"),
    }


def _xml(properties: "dict[str, str]") -> str:
    lines = [
        f"<property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in properties.items()
    ]
    return f"<configuration>\n{''.join(lines)}</configuration>\n"
