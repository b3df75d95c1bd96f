"""The events themselves, in the shape in which EventBridge hands SageMaker's to a queue."""

import json
import math
import uuid
from datetime import datetime, timezone
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_sagemaker.account import ACCOUNT, REGION
from local_sagemaker.api.job_description import describe
from local_sagemaker.api.service_models import service_model
from local_sagemaker.events.outbox import Change

MAX_BYTES = 256 * 1024
"""What fits into one message of SQS."""


def event(change: Change) -> dict[str, Any]:
    """A change as an event.

    Its detail is what Describe answers, with times in milliseconds, and the tags.
    """
    job = change.job
    model = service_model("sagemaker").operation_model(job.kind.operation("Describe"))
    detail = _in_milliseconds(describe(job, None), model.output_shape)
    time = datetime.fromtimestamp(job.modified, timezone.utc)
    return {
        "version": "0",
        "id": str(uuid.UUID(change.id)),
        "detail-type": job.kind.event_type,
        "source": "aws.sagemaker",
        "account": ACCOUNT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [job.arn],
        "detail": {**detail, "Tags": change.tags},
    }


def message(change: Change) -> str:
    """A change as a message; what does not fit into one is left out, the largest members first."""
    whole = event(change)
    text = json.dumps(whole)
    detail = whole["detail"]
    for name in sorted(change.job.kind.bulky, key=lambda one: -len(json.dumps(detail.get(one)))):
        if len(text) <= MAX_BYTES:
            break
        detail.pop(name, None)
        text = json.dumps(whole)
    return text


def _in_milliseconds(value: Any, shape: Shape | None) -> Any:
    """A value of botocore's model with its times as EventBridge has them."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {name: _in_milliseconds(item, members.get(name)) for name, item in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_in_milliseconds(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: _in_milliseconds(item, shape.value) for name, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such numbers.
    if shape is not None and shape.type_name == "timestamp":
        return int(value * 1000)
    return value
