"""From what an asset asked for to the request that is sent: rendered, named, marked and tagged."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from dagster_sagemaker.identity import StepIdentity
from dagster_sagemaker.instance_types import without_instance_type
from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.naming import claim_name, job_name, name_for_all_runs
from dagster_sagemaker.options import ActionIfJobExists
from dagster_sagemaker.render import render
from dagster_sagemaker.request import JobRequest
from dagster_sagemaker.template_values import template_values

FINGERPRINT_VARIABLE = "ML_PIPELINE_FINGERPRINT"
"""Environment variable that holds a job's fingerprint: Describe returns it, unlike tags."""

ROOT_RUN_VARIABLE = "ML_PIPELINE_ROOT_RUN"
"""Environment variable that holds the first of the runs whose job it is."""

_TAG_LENGTH = 256


@dataclass(frozen=True)
class JobPlan:
    """One step's job before it has a name.

    Args:
        kind: Processing or training.
        job: What the asset asked for.
        step: Who asks.
        params: What the request's templates know as ``params``.
        action: What to do about a job that exists; see ``JobOptions``.
        instance_types: Types that will do; see ``JobOptions``.
        created: Second at which the root run was made, for the action ``timestamp``.
        fresh_since: Jobs that were created earlier are not used; None if they are.
        waited_seconds: How long earlier runs have waited in line to submit it.
    """

    kind: JobKind
    job: JobRequest
    step: StepIdentity
    params: Mapping[str, Any] = field(default_factory=dict)
    action: ActionIfJobExists = "attach"
    instance_types: tuple[str, ...] = ()
    created: int | None = None
    fresh_since: datetime | None = None
    waited_seconds: float = 0.0

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that decides what the job computes.

        Left out are names of job and run, tags, and what Pipes adds: they differ between two
        attempts at the same work.
        """
        values = {**self._values("{{ job_name }}"), "run_id": "{{ run_id }}"}
        request = render(self._without_name, values)
        request.pop("Tags", None)
        parts: list[object] = [request, self.job.version]
        if self.instance_types:  # whichever of them it is, the job is the same
            parts = [without_instance_type(self.kind, request), self.job.version]
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def name(self, attempt: int) -> str:
        """Name of the job at an attempt. A name in the request is the base of it."""
        if self.action != "attach":
            return name_for_all_runs(self.step, attempt, self._base_name, self.created)
        return job_name(self.step, attempt, self._base_name)

    @property
    def claim_name(self) -> str:
        """Name of the claim on the work; the same in every run."""
        return claim_name(self.step, self.kind.name, self._base_name)

    def request(self, name: str, environment: Mapping[str, str]) -> dict[str, Any]:
        """The request to send.

        Args:
            name: Name of the job.
            environment: Variables to add to the job's own.
        """
        request = render(self._without_name, self._values(name))
        request[self.kind.name_field] = name
        request["Environment"] = {
            **request.get("Environment", {}),
            **environment,
            FINGERPRINT_VARIABLE: self.fingerprint,
            ROOT_RUN_VARIABLE: self.step.root_run_id,
        }
        request["Tags"] = self._tags(request.get("Tags", []))
        return request

    def is_ours(self, description: Mapping[str, Any]) -> bool:
        """Whether a job that exists computes what this plan would."""
        environment = description.get("Environment", {})
        return bool(environment.get(FINGERPRINT_VARIABLE) == self.fingerprint)

    def is_of_this_run(self, description: Mapping[str, Any]) -> bool:
        """Whether a job that exists was started by this run, or by one that it re-executes."""
        return self.root_run_of(description) == self.step.root_run_id

    def is_fresh(self, description: Mapping[str, Any]) -> bool:
        """Whether a job is young enough to be used."""
        return self.fresh_since is None or description["CreationTime"] >= self.fresh_since

    @staticmethod
    def root_run_of(description: Mapping[str, Any]) -> str | None:
        """The first of the runs whose job one is; None if none of ours started it."""
        run: str | None = description.get("Environment", {}).get(ROOT_RUN_VARIABLE)
        return run

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
        name_field = self.kind.name_field
        base: str = render({name_field: given}, self._values(None))[name_field]
        return base

    def _values(self, name: str | None) -> dict[str, Any]:
        return template_values(self.step, self.params, name)

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
