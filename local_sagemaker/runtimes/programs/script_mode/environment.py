"""What the training toolkit tells a script: arguments, and variables of its environment."""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from .files import TrainingFiles

_KNOWN = frozenset(
    f"sagemaker_{name}"
    for name in (
        "program",
        "submit_directory",
        "container_log_level",
        "enable_cloudwatch_metrics",
        "job_name",
        "region",
        "s3_output",
    )
)
_SHORT = {"hyperparameters": "hps", "additional_framework_parameters": "framework_params"}
_INTERNAL = frozenset(
    {
        "SM_CHANNEL_INPUT_DIRS",
        "SM_DISTRIBUTION_HOSTS",
        "SM_IS_MASTER",
        "SM_JOB_NAME",
        "SM_MASTER_HOSTNAME",
    }
)


def arguments_of(hyperparameters: dict[str, Any]) -> list[str]:
    """The user's hyperparameters as the script's arguments."""
    arguments = []
    for key, value in sorted(hyperparameters.items()):
        if isinstance(value, dict):
            text = ",".join(f"{name}={one}" for name, one in sorted(value.items()))
        else:
            text = "" if value is None else str(value)
        arguments += [f"-{key}" if len(key) == 1 else f"--{key}", text]
    return arguments


def values_of(
    files: TrainingFiles, own: dict[str, Any], users: dict[str, Any], entry_point: str
) -> dict[str, Any]:
    """What the toolkit knows of the job: the properties of its ``Environment``."""
    resources = files.read("resourceconfig.json")
    channels = files.read("inputdataconfig.json")
    hosts = resources["hosts"]
    groups = {one["instance_group_name"]: one for one in resources.get("instance_groups", [])}
    group = resources.get("current_group_name", "homogeneousCluster")
    return {
        "additional_framework_parameters": {
            key: value for key, value in own.items() if key not in _KNOWN
        },
        "channel_input_dirs": {name: str(files.input / "data" / name) for name in channels},
        "current_host": resources["current_host"],
        "current_instance_group": group,
        "current_instance_group_hosts": groups.get(group, {}).get("hosts", []),
        "current_instance_type": resources.get("current_instance_type", "local"),
        "distribution_hosts": [],
        "distribution_instance_groups": [],
        "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE"),
        "hosts": hosts,
        "hyperparameters": users,
        "input_config_dir": str(files.config),
        "input_data_config": channels,
        "input_dir": str(files.input),
        "instance_groups": list(groups),
        "instance_groups_dict": groups,
        "is_hetero": len(groups) > 1,
        "is_master": resources["current_host"] == hosts[0],
        "job_name": os.environ.get("TRAINING_JOB_NAME"),
        "log_level": own.get("sagemaker_container_log_level", logging.INFO),
        "master_hostname": hosts[0],
        "model_dir": str(files.model),
        "module_dir": str(own.get("sagemaker_submit_directory") or files.code),
        "module_name": entry_point.removesuffix(".py"),
        "network_interface_name": resources.get("network_interface_name", "eth0"),
        "num_cpus": os.cpu_count(),
        "num_gpus": len(list(Path("/dev").glob("nvidia[0-9]*"))),
        "num_neurons": 0,
        "output_data_dir": str(files.output / "data"),
        "output_dir": str(files.output),
        "output_intermediate_dir": str(files.output / "intermediate"),
        "resource_config": resources,
        "topology": resources.get("topology"),
        "user_entry_point": entry_point,
    }


def variables_of(
    files: TrainingFiles,
    own: dict[str, Any],
    users: dict[str, Any],
    values: dict[str, Any],
    arguments: list[str],
) -> dict[str, str]:
    """The variables that the toolkit, and the scikit-learn image, give to the user's script."""
    named = {f"SM_{_SHORT.get(key, key).upper()}": one for key, one in values.items()}
    channels = values["channel_input_dirs"]
    named.update({f"SM_CHANNEL_{name.upper()}": path for name, path in channels.items()})
    named.update({f"SM_HP_{name.upper()}": value for name, value in users.items()})
    named.update(
        SM_CHANNELS=sorted(channels),
        SM_TRAINING_ENV=values,
        SM_USER_ARGS=arguments,
        SM_INPUT=str(files.input),
        SM_INPUT_TRAINING_CONFIG_FILE=str(files.config / "hyperparameters.json"),
        SM_INPUT_DATA_CONFIG_FILE=str(files.config / "inputdataconfig.json"),
        SM_CHECKPOINT_CONFIG_FILE=str(files.config / "checkpointconfig.json"),
        PYTHONUNBUFFERED="1",
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONPATH=":".join([str(files.code), *sys.path[1:]]),
        CURRENT_HOST=values["current_host"],
        SAGEMAKER_JOB_NAME=own.get("sagemaker_job_name"),
        SAGEMAKER_REGION=own.get("sagemaker_region") or os.environ.get("AWS_REGION"),
    )
    return {name: _text(value) for name, value in named.items() if name not in _INTERNAL}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
