"""Refusing a job that asks for what the local SageMaker does not do.

Each kind of job has a list of that, and another of what is accepted and changes nothing, as nothing
of it could be seen on one machine (``jobs/kinds/<kind>/unsupported.py``).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local_sagemaker.api.validation import Json
from local_sagemaker.jobs.kinds.limits import Limit
from local_sagemaker.kinds import JobKind
from local_sagemaker.service_errors import invalid


def refuse_unsupported(kind: JobKind, request: Mapping[str, Any]) -> None:
    """Refuse a job that asks for what is not done here.

    Raises:
        ServiceError: It names the member, its value, and what is supported.
    """
    refuse(kind.rules().refused, request)


def refuse(limits: Iterable[Limit], request: Mapping[str, Any]) -> None:
    """Refuse a request that has what is not supported.

    Args:
        limits: What is not.
        request: The request.

    Raises:
        ServiceError: It names the member, its value, and what is supported.
    """
    for limit in limits:
        reason = f": {limit.why}" if limit.why else ""
        for path, value in _find(request, limit.path, ""):
            if value in limit.only:
                continue
            if not limit.only:
                raise invalid(f"{path} is not supported by the local SageMaker{reason}")
            only = " or ".join(str(allowed) for allowed in limit.only)
            raise invalid(f"{path} is {value}; the local SageMaker supports only {only}{reason}")


def _find(value: Json, path: str, above: str) -> Iterator[tuple[str, Any]]:
    """The members at a path that a request has, each with its own, numbered path."""
    if not path:
        yield above, value
        return
    name, _, rest = path.partition(".")
    member = name.removesuffix("[]")
    inner = value.get(member)
    if inner is None:
        return
    here = f"{above}.{member}" if above else member
    if name == member:
        yield from _find(inner, rest, here)
        return
    for number, item in enumerate(inner):
        yield from _find(item, rest, f"{here}[{number}]")
