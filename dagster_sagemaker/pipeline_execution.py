"""One execution of a SageMaker pipeline, from its start to its end."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.interrupts import pause
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.transient import AWS_ERRORS, is_transient, patiently

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

_RUNNING = frozenset({"Executing", "Stopping"})
_MAY_BE_RETRIED = frozenset({"Failed", "Stopped"})


@dataclass
class PipelineExecution:
    """An execution that is started once, whoever asks for it, and followed.

    Args:
        connection: Where the pipeline is.
        pipeline: Its name or ARN.
        parameters: Values of its parameters, as texts.
        token: Stands for the work: a start with the same one finds the execution that there is.
        polling: Pace of the looks at it.
        log: The run's log.
    """

    connection: "SageMakerConnection"
    pipeline: str
    parameters: Mapping[str, str]
    token: str
    polling: Polling
    log: dg.DagsterLogManager
    arn: str = ""
    _shown: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start it, unless it was started before.

        Raises:
            dagster.Failure: The service refused it.
        """
        check = f"that pipeline {self.pipeline} exists and has these parameters"
        with explain_refusal(f"start pipeline {self.pipeline}", check):
            answer = patiently(
                lambda: self._client.start_pipeline_execution(
                    PipelineName=self.pipeline,
                    PipelineParameters=[
                        {"Name": name, "Value": value} for name, value in self.parameters.items()
                    ],
                    ClientRequestToken=self.token,
                ),
                self._on_trouble,
            )
        self.arn = answer["PipelineExecutionArn"]
        self.log.info(f"[sagemaker] Following pipeline execution {self.arn}")

    def retry_what_failed(self, token: str) -> None:
        """Have the steps that failed or were stopped run again, if the execution has ended so.

        Args:
            token: Stands for this attempt: it retries once.
        """
        if self.describe()["PipelineExecutionStatus"] not in _MAY_BE_RETRIED:
            return
        self.log.info("[sagemaker] It failed or was stopped before: its failed steps run again")
        with explain_refusal(f"retry {self.arn}", "the credentials in use"):
            patiently(
                lambda: self._client.retry_pipeline_execution(
                    PipelineExecutionArn=self.arn, ClientRequestToken=token
                ),
                self._on_trouble,
            )

    def wait(self) -> dict[str, Any]:
        """Follow it to its end, and tell the log of its steps.

        Returns:
            Its last description, however it ended.

        Raises:
            dagster.Failure: The service refuses to show it.
        """
        started = time.monotonic()
        troubles = 0
        check = "the credentials; it may go on, and re-executing this run follows it"
        with explain_refusal(f"look at {self.arn} any more", check):
            while True:
                try:
                    description = self._look()
                    troubles = 0
                    if description["PipelineExecutionStatus"] not in _RUNNING:
                        return description
                except AWS_ERRORS as error:
                    if not is_transient(error):
                        raise
                    troubles += 1
                pause(self.polling.interval(time.monotonic() - started, troubles))

    def describe(self) -> dict[str, Any]:
        """What the service says of it."""
        with explain_refusal(f"look at {self.arn}", "the credentials in use"):
            return patiently(self._describe, self._on_trouble)

    def steps(self) -> list[dict[str, Any]]:
        """Its steps so far, in the order in which they began."""
        pages = self._client.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=self.arn, SortOrder="Ascending"
        )
        return [dict(step) for page in pages for step in page["PipelineExecutionSteps"]]

    def stop(self) -> None:
        """Stop it and the jobs of its steps; never raises AWS errors."""
        try:
            if not self.arn:
                # The answer to the start was not awaited: this finds out which one it is.
                self.start()
            self._client.stop_pipeline_execution(PipelineExecutionArn=self.arn)
        except (dg.Failure, *AWS_ERRORS) as error:
            self.log.warning(
                f"[sagemaker] Pipeline execution {self.arn} of {self.pipeline} could not be "
                f"stopped and may still run: {error}"
            )
        else:
            self.log.info(f"[sagemaker] Stopped pipeline execution {self.arn}")

    @property
    def _client(self) -> Any:
        return self.connection.client("sagemaker")

    def _describe(self) -> dict[str, Any]:
        return dict(self._client.describe_pipeline_execution(PipelineExecutionArn=self.arn))

    def _look(self) -> dict[str, Any]:
        description = self._describe()
        for step in self.steps():
            name, status = step["StepName"], step["StepStatus"]
            if self._shown.get(name) != status:
                self._shown[name] = status
                reason = f": {step['FailureReason']}" if "FailureReason" in step else ""
                self.log.info(f"[sagemaker] Step {name}: {status}{reason}")
        return description

    def _on_trouble(self, error: Exception) -> None:
        self.log.warning(f"[sagemaker] Waiting for SageMaker: {error}")
