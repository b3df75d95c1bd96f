"""When a step's result may be used again: what was asked of it is the same."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from local_sagemaker.pipelines.definition.step_types import JOB_STEPS
from local_sagemaker.pipelines.definition.steps import Step


def cache_key(pipeline: str, step: Step, arguments: Mapping[str, Any]) -> str:
    """What is equal for two runs of a step if the later one may use the earlier one's result.

    Args:
        pipeline: The pipeline's name.
        step: The step.
        arguments: Its arguments, with values where expressions were.
    """
    names = JOB_STEPS[step.type].cache_key
    asked = {name: arguments[name] for name in names if name in arguments}
    whole = json.dumps([pipeline, step.name, step.type, asked], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()
