"""The program ``train`` of SageMaker's framework images: runs the user's script (script mode).

Follows version 5.1.4 of the SageMaker training toolkit, as the scikit-learn image uses it. Stands
alone: it is copied into the container and run by the job's own Python, with nothing but the
standard library, and boto3 for code that lies in S3.
"""

import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

_ENTRY_POINT = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*")
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
_OUT_OF_MEMORY = 'ExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"'

log = logging.getLogger("sagemaker-training-toolkit")


class ScriptError(Exception):
    """The user's code, or what it needs, cannot be run, or failed."""


class TrainingFiles:
    """The files of a training container.

    Args:
        base: ``/opt/ml``.
    """

    def __init__(self, base: Path) -> None:
        self.input = base / "input"
        self.config = self.input / "config"
        self.model = base / "model"
        self.output = base / "output"
        self.code = base / "code"

    def read(self, name: str) -> dict[str, Any]:
        """A configuration file's content."""
        content: dict[str, Any] = json.loads((self.config / name).read_text(encoding="utf-8"))
        return content

    def hyperparameters(self) -> dict[str, Any]:
        """All hyperparameters, decoded where they are JSON, strings where not."""
        return {key: _decoded(value) for key, value in self.read("hyperparameters.json").items()}


def main() -> int:
    """Run the user's script as the hyperparameters ask.

    Returns:
        The exit code: whatever the script's own failure was, 1.
    """
    files = TrainingFiles(Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")))
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)-8s %(message)s", level="INFO")
    try:
        _train(files)
    except ScriptError as error:
        return _fail(files, str(error))
    except Exception as error:
        code = getattr(error, "errno", None) or 1
        return _fail(files, f"Framework Error: \n{traceback.format_exc()}\n{error}", code)
    (files.output / "success").touch()
    return 0


def _train(files: TrainingFiles) -> None:
    everything = files.hyperparameters()
    own = {key: value for key, value in everything.items() if key.startswith("sagemaker_")}
    users = {key: value for key, value in everything.items() if key not in own}
    program = own.get("sagemaker_program") or os.environ.get("SAGEMAKER_PROGRAM")
    if not program:
        raise ScriptError("The hyperparameter sagemaker_program (the entry point) is missing")
    entry_point = _checked(str(program))
    _fetch_code(own.get("sagemaker_submit_directory"), files.code)
    if not (files.code / entry_point).exists():
        raise ScriptError(f"The entry point {entry_point} is not in the code: {_names(files.code)}")
    arguments = _arguments(users)
    values = _values(files, own, users, entry_point)
    environment = {**os.environ, **_variables(files, own, users, values, arguments)}
    command = _prepared(files.code, entry_point, arguments, environment)
    _run("ExecuteUserScriptError", command, files.code, environment)


def _checked(entry_point: str) -> str:
    # Without this, "../x.py" or "-c" would do what no one meant.
    parts = entry_point.split("/")
    if not _ENTRY_POINT.fullmatch(entry_point) or "." in parts or ".." in parts:
        raise ScriptError(f"The entry point {entry_point!r} is not a file name or relative path")
    return entry_point


def _fetch_code(source: object, code: Path) -> None:
    code.mkdir(exist_ok=True)
    if not source or any(code.iterdir()):
        return
    uri = urlparse(str(source))
    if uri.scheme == "s3":
        import boto3

        with tempfile.TemporaryDirectory() as directory:
            archive = Path(directory, "sourcedir.tar.gz")
            client = boto3.client("s3", endpoint_url=os.environ.get("S3_ENDPOINT_URL"))
            client.download_file(uri.netloc, uri.path.lstrip("/"), str(archive))
            _unpack(archive, code)
    elif Path(str(source)).is_dir():
        if Path(str(source)) != code:
            shutil.copytree(str(source), code, dirs_exist_ok=True)
    else:
        _unpack(Path(str(source)), code)


def _unpack(archive: Path, code: Path) -> None:
    with tarfile.open(archive) as tar:
        # The "data" filter keeps members inside; older patch releases of Python do not have it.
        options: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(code, **options)  # noqa: S202 - see above


def _prepared(
    code: Path, entry_point: str, arguments: list[str], environment: dict[str, str]
) -> list[str]:
    """Install what the code needs and return the command that runs it."""
    requirements = ["-r", "requirements.txt"] if (code / "requirements.txt").exists() else []
    pip = [sys.executable, "-m", "pip", "install"]
    packaged = (code / "setup.py").exists()
    if entry_point.endswith(".sh") or not (packaged or entry_point.endswith(".py")):
        (code / entry_point).chmod(0o777)
        return ["/bin/sh", "-c", shlex.join([f"./{entry_point}", *arguments])]
    if packaged:
        _run("InstallModuleError", [*pip, ".", *requirements], code, environment)
        module = entry_point.removesuffix(".py").replace("/", ".")
        return [sys.executable, "-m", module, *arguments]
    if requirements:
        _run("InstallRequirementsError", [*pip, *requirements], code, environment)
    return [sys.executable, "--", entry_point, *arguments]


def _run(error: str, command: list[str], code: Path, environment: dict[str, str]) -> None:
    log.info("Invoking: %s", " ".join(command))
    exit_code = subprocess.run(command, cwd=code, env=environment, check=False).returncode
    if exit_code < 0:
        exit_code = 128 - exit_code
    if exit_code:
        extra = [_OUT_OF_MEMORY] if exit_code == 137 else []
        shown = f'Command "{" ".join(command)}"'
        lines = [f"{error}:", f"ExitCode {exit_code}", 'ErrorMessage ""', *extra, shown]
        raise ScriptError("\n".join(lines))


def _fail(files: TrainingFiles, message: str, code: int = 1) -> int:
    log.error(message)
    failure = files.output / "failure"
    if not failure.exists():
        failure.write_text(message, encoding="utf-8")
    return code


def _arguments(hyperparameters: dict[str, Any]) -> list[str]:
    arguments = []
    for key, value in sorted(hyperparameters.items()):
        if isinstance(value, dict):
            text = ",".join(f"{name}={one}" for name, one in sorted(value.items()))
        else:
            text = "" if value is None else str(value)
        arguments += [f"-{key}" if len(key) == 1 else f"--{key}", text]
    return arguments


def _values(
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
        "framework_module": "sagemaker_sklearn_container.training:main",
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


def _variables(
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


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _names(directory: Path) -> str:
    return ", ".join(sorted(entry.name for entry in directory.iterdir())) or "it is empty"


if __name__ == "__main__":
    sys.exit(main())
