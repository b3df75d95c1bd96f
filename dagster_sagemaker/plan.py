"""From what an asset asked for to the request that is sent: rendered, named, marked and tagged."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dagster_sagemaker.identity import StepIdentity
from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.naming import job_name
from dagster_sagemaker.render import render
from dagster_sagemaker.request import JobRequest

FINGERPRINT_VARIABLE = "ML_PIPELINE_FINGERPRINT"
"""Environment variable that holds a job's fingerprint: Describe returns it, unlike tags."""

_TAG_LENGTH = 256


@dataclass(frozen=True)
class JobPlan:
    """One step's job before it has a name.

    Args:
        kind: Processing or training.
        job: What the asset asked for.
        step: Who asks.
    """

    kind: JobKind
    job: JobRequest
    step: StepIdentity

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that decides what the job computes.

        Left out are names of job and run, tags, and what Pipes adds: they differ between two
        attempts at the same work.
        """
        values = {
            **self.step.placeholders(job_name="{{ job_name }}"),
            "run_id": "{{ run_id }}",
        }
        request = render(self._without_name, values)
        request.pop("Tags", None)
        text = json.dumps([request, self.job.version], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def name(self, attempt: int) -> str:
        """Name of the job at an attempt. A name in the request is the base of it."""
        return job_name(self.step, attempt, self._base_name)

    def request(self, name: str, environment: Mapping[str, str]) -> dict[str, Any]:
        """The request to send.

        Args:
            name: Name of the job.
            environment: Variables to add to the job's own.
        """
        request = render(self._without_name, self.step.placeholders(job_name=name))
        request[self.kind.name_field] = name
        request["Environment"] = {
            **request.get("Environment", {}),
            **environment,
            FINGERPRINT_VARIABLE: self.fingerprint,
        }
        request["Tags"] = self._tags(request.get("Tags", []))
        return request

    def is_ours(self, description: Mapping[str, Any]) -> bool:
        """Whether a job that exists computes what this plan would."""
        environment = description.get("Environment", {})
        return bool(environment.get(FINGERPRINT_VARIABLE) == self.fingerprint)

    @property
    def _without_name(self) -> dict[str, Any]:
        return {
            key: value for key, value in self.job.request.items() if key != self.kind.name_field
        }

    @cached_property
    def _base_name(self) -> str | None:
        given = self.job.request.get(self.kind.name_field)
        if given is None:
            return None
        field = self.kind.name_field
        base: str = render({field: given}, self.step.placeholders(job_name=None))[field]
        return base

    def _tags(self, own: list[dict[str, str]]) -> list[dict[str, str]]:
        """The caller's tags, and whose job this is, for people who find it in the console."""
        facts = {
            "dagster/asset": "/".join(self.step.work),
            "dagster/partition": self.step.partition,
            "dagster/run_id": self.step.run_id,
            "dagster/root_run_id": self.step.root_run_id,
        }
        taken = {tag.get("Key") for tag in own}
        return [
            *own,
            *(
                {"Key": key, "Value": _tag_value(value)}
                for key, value in facts.items()
                if value is not None and key not in taken
            ),
        ]


def _tag_value(text: str) -> str:
    return re.sub(r"[^\w .:/=+\-@]", "_", text)[:_TAG_LENGTH]
