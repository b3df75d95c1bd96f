"""``resourceconfig.json``, by which a container learns of its job's instances.

Shape: "How Amazon SageMaker AI Provides Training Information" of the developer guide, and what real
containers were seen to hold (``topology`` and ``instance_groups``).
"""

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_sagemaker.jobs.cluster import Cluster

_INTERFACE = "eth0"
_LOOPBACK = "lo"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file of a container's configuration."""
    path.write_text(json.dumps(content), encoding="utf-8")


def resource_config(cluster: Cluster, host: str) -> dict[str, Any]:
    """The file's content.

    Args:
        cluster: All instances.
        host: The name of the one that it is for.
    """
    own = cluster.group_of(host)
    return {
        "current_group_name": own.name,
        "current_host": host,
        "current_instance_type": own.instance_type,
        "hosts": cluster.hosts,
        "instance_groups": [
            {
                "hosts": list(group.hosts),
                "instance_group_name": group.name,
                "instance_type": group.instance_type,
            }
            for group in cluster.groups
        ],
        "network_interface_name": _interface(),
        "topology": None,
    }


def _interface() -> str:
    # SageMaker's name for it; else the one that the hosts' addresses belong to, as libraries that
    # are told of an interface which is not there refuse to start.
    names = {name for _, name in socket.if_nameindex()}
    return _INTERFACE if _INTERFACE in names or _LOOPBACK not in names else _LOOPBACK
