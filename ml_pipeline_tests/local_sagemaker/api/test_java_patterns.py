"""What the patterns mean is held by ``ml_pipeline_tests/test_java_patterns.py``."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_sagemaker.api.java_patterns import compile_java
from local_sagemaker.api.service_models import service_model

OPERATIONS = {
    "sagemaker": "AddTags CreateProcessingJob CreateTrainingJob ListTrainingJobs CreatePipeline "
    "ListPipelines StartPipelineExecution DescribePipelineExecution",
    "logs": "DescribeLogGroups DescribeLogStreams FilterLogEvents GetLogEvents",
}

TEXTS = (
    *("a" * 5000 + "!", "a-" * 2500 + "!", "-" * 5000, "s3://" + "/" * 5000),
    *("a " * 2500 + "\u2028", "a:" * 2500 + "!", "arn:aws:sagemaker:x:aws:pipeline/" + "/" * 5000),
)


def patterns(shape: Any, seen: set[str]) -> Iterator[str]:
    """Those of a shape and of all that it holds."""
    if shape.name in seen:
        return
    seen.add(shape.name)
    if "pattern" in shape.metadata:
        yield shape.metadata["pattern"]
    inner: list[Any] = []
    if shape.type_name == "structure":
        inner = list(shape.members.values())
    elif shape.type_name == "list":
        inner = [shape.member]
    elif shape.type_name == "map":
        inner = [shape.key, shape.value]
    for member in inner:
        yield from patterns(member, seen)


@pytest.mark.parametrize("service", OPERATIONS)
def test_every_pattern_of_what_is_offered_compiles_and_none_takes_for_ever(service: str) -> None:
    for operation in OPERATIONS[service].split():
        shape = service_model(service).operation_model(operation).input_shape
        for pattern in patterns(shape, set()):
            compiled = compile_java(pattern)
            assert compiled is not None, pattern
            for text in TEXTS:
                compiled.fullmatch(text)
