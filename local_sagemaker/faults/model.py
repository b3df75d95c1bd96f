"""A fault, and what it strikes."""

from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from local_sagemaker.faults.fault_types import FAULT_TYPES, FaultName
from local_sagemaker.kinds import JobKind


@dataclass(frozen=True)
class Fault:
    """One fault; ``fault_types.MEMBERS`` says what its members mean.

    Args:
        fault: The type of fault.
    """

    fault: FaultName
    operation: str = "*"
    bucket: str | None = None
    key_prefix: str | None = None
    instance_type: str = "*"
    job: str | None = None
    limit: int = 0
    code: str | None = None
    message: str | None = None
    status: int | None = None
    after: bool = False
    seconds: float = 0.0
    bytes_per_second: int | None = None
    log_stream: str = "*"
    times: int | None = None
    probability: float | None = None
    seed: int | None = None
    rate: float | None = None
    burst: int | None = None

    def strikes(self, service: str, operation: str) -> bool:
        """Whether it is about an operation of a service."""
        name = f"{service}:{operation}" if ":" in self.operation else operation
        about_s3 = self.bucket is not None or self.key_prefix is not None or self.bytes_per_second
        return (service == "s3" or not about_s3) and fnmatchcase(name, self.operation)

    def strikes_object(self, bucket: str, key: str) -> bool:
        """Whether it is about a bucket and key of S3."""
        return fnmatchcase(bucket, self.bucket or "*") and key.startswith(self.key_prefix or "")

    def strikes_job(self, kind: JobKind, instance_type: str) -> bool:
        """Whether it is about jobs of a kind on an instance type."""
        return self.job in {None, kind.name} and fnmatchcase(instance_type, self.instance_type)

    def strikes_stream(self, stream: str) -> bool:
        """Whether it is about a log stream."""
        return fnmatchcase(stream, self.log_stream)

    def described(self) -> dict[str, Any]:
        """Its members of its kind that are set, as ``parse`` takes them."""
        kind = FAULT_TYPES[self.fault]
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        changed = {one.name for one in fields(self) if given[one.name] != one.default}
        shown = [name for name in kind.members if name in changed or name in kind.required]
        return {"fault": self.fault, **{name: given[name] for name in shown}}
