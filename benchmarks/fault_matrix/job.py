"""The requests of the jobs that meet trouble."""

import re
from typing import Any

BUCKET = "bench"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/fault-matrix:1"
MEMORY_MB = 200
"""What an instance has."""

MARK = re.compile(r"<[a-zA-Z0-9-]+ line \d+>")
"""The lines that are counted."""

LINES = 8
INSTANCE_TYPE = "ml.m5.large"

_ROLE = "arn:aws:iam::000000000000:role/benchmark"
_OUTPUT = {"processing": "/opt/ml/processing/out/rows.csv", "training": "/opt/ml/model/weights"}

WRITE_LINES = f'for i in $(seq {LINES}); do echo "<{{{{ job_name }}}} line $i>"; sleep 0.5; done; '
WRITE_OUTPUT = "echo 1 > {output}; "
FAIL = WRITE_LINES + "exit 1"
RUN_ON = WRITE_LINES + "sleep 600"
SUCCEED = WRITE_LINES + WRITE_OUTPUT
USE_UP_MEMORY = (
    WRITE_LINES + f"python3 -c \"import time; x = b'x' * {2 * MEMORY_MB}_000_000; time.sleep(30)\""
)


def request(kind: str, script: str, more: dict[str, Any]) -> dict[str, Any]:
    """A create call's members, as an asset gives them.

    Args:
        kind: ``processing`` or ``training``.
        script: For bash.
        more: Members that are added.
    """
    entrypoint = ["bash", "-c", script.replace("{output}", _OUTPUT[kind])]
    machine = {"InstanceCount": 1, "InstanceType": INSTANCE_TYPE, "VolumeSizeInGB": 1}
    if kind == "processing":
        output = {
            "S3Uri": f"s3://{BUCKET}/{{{{ job_name }}}}/out",
            "LocalPath": "/opt/ml/processing/out",
            "S3UploadMode": "EndOfJob",
        }
        return {
            "RoleArn": _ROLE,
            "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": entrypoint},
            "ProcessingResources": {"ClusterConfig": machine},
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
            **more,
        }
    return {
        "RoleArn": _ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": entrypoint,
        },
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": machine,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **more,
    }
