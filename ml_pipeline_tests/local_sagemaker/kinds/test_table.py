"""The table of kinds, and that nothing beside it and the kinds' packages asks which kind it is."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from botocore.model import ListShape, Shape, StructureShape

import local_sagemaker
from local_sagemaker.api.service_models import service_model
from local_sagemaker.kinds import KINDS, PROCESSING, TRAINING, JobKind

PRODUCT = Path(local_sagemaker.__file__).parent
OF_THE_KINDS = (PRODUCT / "kinds.py", PRODUCT / "jobs" / "kinds")
# They run where the service is not, and each knows one kind of container.
ELSEWHERE = PRODUCT / "runtimes" / "programs"
NAMES = frozenset(KINDS)
LABELS = tuple(kind.label for kind in KINDS.values())


def modules() -> list[Path]:
    apart = (*OF_THE_KINDS, ELSEWHERE)
    return [
        path
        for path in sorted(PRODUCT.rglob("*.py"))
        if not any(path == one or one in path.parents for one in apart)
    ]


def documentation(tree: ast.AST) -> set[int]:
    """The nodes of strings that are statements: docstrings, and what stands below a constant."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def questions(source: str) -> Iterator[str]:
    """Where a module asks which kind of job it is, or builds a name of it."""
    tree = ast.parse(source)
    documents = documentation(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documents:
                if text.lower() in NAMES or text.startswith(LABELS):
                    yield f"line {node.lineno}: {text!r}"
            case ast.Attribute(attr="title" | "capitalize" as name):
                yield f"line {node.lineno}: .{name}"
            case ast.Name(id=name) if name.lower() in NAMES:
                yield f"line {node.lineno}: {name}"
            case ast.alias(name=name) if name.lower() in NAMES:
                yield f"line {node.lineno}: import of {name}"


def test_nobody_else_asks() -> None:
    found = [
        f"{path.relative_to(PRODUCT)}, {question}"
        for path in modules()
        for question in questions(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'if kind == "training": ...',
        'table = {"processing": 1}',
        'member = f"{kind.title()}JobStatus"',
        'end = state["TrainingEndTime"]',
        "from local_sagemaker.kinds import TRAINING",
        "if job.kind is PROCESSING: ...",
    ],
)
def test_a_question_is_found(source: str) -> None:
    assert list(questions(source))


def test_what_documents_is_no_question() -> None:
    assert not list(questions('"""Training and processing."""\nA = 1\n"""Processing."""'))


def test_no_template_asks() -> None:
    templates = list((PRODUCT / "web").rglob("*.html"))
    assert templates
    for template in templates:
        words = set(template.read_text().replace('"', " ").lower().split())
        assert words.isdisjoint(NAMES), template.name


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_what_a_row_says_is_in_the_services_model(kind: JobKind) -> None:
    model = service_model("sagemaker")
    verbs = ["Create", "Describe", "Stop", "List"]
    verbs += ["Delete"] if kind.deletable else []
    verbs += ["Update"] if kind.rules().update else []
    assert {kind.operation(verb) for verb in verbs} <= set(model.operation_names)
    described = members(model.operation_model(kind.operation("Describe")).output_shape)
    known = {kind.member("Name"), kind.member("Arn"), kind.status, kind.start_time, kind.end_time}
    assert known | set(kind.bulky) | kind.last_members <= set(described)
    listing = model.operation_model(kind.operation("List"))
    summaries = members(listing.output_shape)[kind.member("Summaries")]
    assert isinstance(summaries, ListShape)
    assert {*kind.summary, *kind.summary_resources} <= set(members(summaries.member))
    assert set(kind.list_filters) <= set(members(listing.input_shape))


def members(shape: Shape | None) -> Mapping[str, Shape]:
    assert isinstance(shape, StructureShape)
    return shape.members


def test_the_instances_of_a_request() -> None:
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    request = {"ProcessingResources": {"ClusterConfig": cluster}}
    assert PROCESSING.instance_groups(request) == [cluster]
    assert TRAINING.instance_groups({"ResourceConfig": cluster}) == [cluster]
    grouped = {"ResourceConfig": {"InstanceGroups": [cluster, cluster]}}
    assert TRAINING.instance_groups(grouped) == [cluster, cluster]
    assert TRAINING.instance_groups({}) == [{}]
