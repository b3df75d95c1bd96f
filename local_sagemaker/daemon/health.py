"""Asking whoever listens on a port whether it is a daemon, and whose."""

import http.client
import json
from dataclasses import dataclass
from pathlib import Path

from local_sagemaker.account import REGION
from local_sagemaker.home import Home
from local_sagemaker.sdk_defaults import sdk_environment


@dataclass(frozen=True)
class Endpoint:
    """A daemon that has just answered.

    Args:
        port: Where on 127.0.0.1 it listens.
        pid: Its process.
        version: Of the package it runs.
        home: The home directory it serves.
    """

    port: int
    pid: int
    version: str
    home: Path

    @property
    def url(self) -> str:
        """What an AWS client takes as its endpoint URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that connect any AWS client to it, and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            **sdk_environment(Home(self.home)),
        }


def ask(port: int, timeout: float = 5.0) -> Endpoint | None:
    """The daemon on a port; None if nothing, or something else, listens there.

    Args:
        port: Of 127.0.0.1.
        timeout: Seconds to wait for each part of an answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", "/_health")
        answer = json.loads(connection.getresponse().read(65536))
        return Endpoint(port, int(answer["pid"]), str(answer["version"]), Path(answer["home"]))
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return None
    finally:
        connection.close()
