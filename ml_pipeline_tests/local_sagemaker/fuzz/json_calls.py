"""Malformed calls of the services that speak JSON."""

import json
from random import Random
from typing import Any

import botocore.session
from botocore.model import ServiceModel, StructureShape

from ml_pipeline_tests.local_sagemaker.daemons import processing_request, training_request
from ml_pipeline_tests.local_sagemaker.fuzz.malformed import Kind, Malformed, http, signed
from ml_pipeline_tests.local_sagemaker.fuzz.nasty import HOSTILE_JSON, as_json, member


def job_call(random: Random) -> Malformed:
    """Requests for jobs of which all but one member is right."""
    model: ServiceModel = botocore.session.get_session().get_service_model("sagemaker")
    kind = random.choice(["Processing", "Training"])
    name = f"job-{random.randrange(10**9)}"
    request = processing_request(name) if kind == "Processing" else training_request(name)
    shape = model.operation_model(f"Create{kind}Job").input_shape
    assert isinstance(shape, StructureShape)
    _replace_one(request, shape, random)
    headers = {**signed("sagemaker"), "X-Amz-Target": f"SageMaker.Create{kind}Job"}
    return http("POST", "/", headers, json.dumps(request).encode())


def _replace_one(value: dict[str, Any], shape: StructureShape, random: Random) -> None:
    name = random.choice(list(shape.members))
    inner = shape.members[name]
    if isinstance(inner, StructureShape) and name in value and random.random() < 0.8:
        _replace_one(value[name], inner, random)
    else:
        value[name] = member(inner, random, random.choice([0.0, 0.1, 0.5]))


def json_call(name: str, offered: str) -> Kind:
    """Calls of a service of the JSON protocol, with members of every type but the right one."""
    model: ServiceModel = botocore.session.get_session().get_service_model(name)
    prefix = model.metadata["targetPrefix"]
    liked = [each for each in model.operation_names if any(o in each for o in offered.split())]

    def make(random: Random) -> Malformed:
        names = liked if random.random() < 0.9 else list(model.operation_names)
        operation = random.choice(names)
        shape = model.operation_model(operation).input_shape
        wrong = random.choice([0.02, 0.1, 0.4])
        value = {} if shape is None else member(shape, random, wrong)
        body = as_json(value, random)
        if random.random() < 0.05:
            body = random.choice(HOSTILE_JSON)
        target = f"{prefix}.{operation}"
        if random.random() < 0.03:
            target = random.choice(["", ".", prefix, f"{prefix}.", "é", f"{target}.", "A" * 3000])
        return http("POST", "/", {**signed(name), "X-Amz-Target": target}, body)

    return make
