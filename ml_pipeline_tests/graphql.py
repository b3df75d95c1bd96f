"""What the UI's buttons do, through the GraphQL API that they use."""

import json
import time
import urllib.request
from collections.abc import Sequence
from typing import Any

_LAUNCH = """
mutation ($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on InvalidSubsetError { message } ... on RunConfigValidationInvalid { errors { message } } } }
"""
_BACKFILL = """
mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }
"""
_REEXECUTE = """
mutation ($params: ReexecutionParams!) { launchPipelineReexecution(reexecutionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
_MESSAGES = """
query ($id: ID!) { logsForRun(runId: $id) {
  ... on EventConnection { events { ... on MessageEvent { message } } } } }
"""
_RUN = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
_BACKFILL_STATUS = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
  ... on PartitionBackfill { status numPartitions partitionSet { name } error { message } } } }
"""
_RUNS = """
query ($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { results { id } } } }
"""
_STALE = """
query ($key: AssetKeyInput!, $partition: String!) { assetNodeOrError(assetKey: $key) {
  ... on AssetNode {
    staleCauses(partition: $partition) { key { path } partitionKey } } } }
"""
_LATEST = """
query ($key: AssetKeyInput!, $limit: Int!) { assetNodeOrError(assetKey: $key) {
  ... on AssetNode { partitionKeyConnection(limit: $limit, ascending: false) { results } } } }
"""
_DONE = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill {
  assetBackfillData { assetBackfillStatuses { ... on AssetPartitionsStatusCounts {
    assetKey { path } numPartitionsTargeted numPartitionsMaterialized } } } } } }
"""
_TERMINATE = """
mutation ($id: String!) { terminateRun(runId: $id) { __typename } }
"""


class Webserver:
    """A running ``dagster-webserver``.

    Args:
        url: Its address.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, text: str, **variables: Any) -> Any:
        """Send one query."""
        request = urllib.request.Request(
            f"{self.url}/graphql",
            json.dumps({"query": text, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = json.load(answer)
        assert "errors" not in body, body
        return body["data"]

    def wait_until_up(self, seconds: float = 120) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + seconds
        while not self._is_up():
            assert time.monotonic() < deadline, f"nothing answers at {self.url}"
            time.sleep(0.2)

    def _is_up(self) -> bool:
        try:
            self.query("{ version }")
        except OSError:
            return False
        return True

    def materialize(
        self, job: str, assets: Sequence[str], partition: str, location: str = "ml_pipeline"
    ) -> str:
        """Materialize assets of a job for one partition, as the "Materialize" button does.

        Returns:
            The run's id.
        """
        launched = self.query(
            _LAUNCH,
            params={
                "selector": {
                    "repositoryLocationName": location,
                    "repositoryName": "__repository__",
                    "pipelineName": job,
                    "assetSelection": [{"path": [asset]} for asset in assets],
                },
                "mode": "default",
                "runConfigData": {},
                "executionMetadata": {"tags": [{"key": "dagster/partition", "value": partition}]},
            },
        )["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def backfill(self, assets: Sequence[str], partitions: Sequence[str]) -> str:
        """Backfill assets over partitions, as the "Launch backfill" button does.

        Returns:
            The backfill's id.
        """
        return self._backfill(
            {"assetSelection": [{"path": [asset]} for asset in assets]}, partitions
        )

    def backfill_job(self, job: str, partitions: Sequence[str]) -> str:
        """Backfill a job over partitions, as the button on the job's page does.

        Returns:
            The backfill's id.
        """
        location = {
            "repositoryLocationName": "ml_pipeline",
            "repositoryName": "__repository__",
        }
        partition_set = {
            "partitionSetName": f"{job}_partition_set",
            "repositorySelector": location,
        }
        return self._backfill({"selector": partition_set}, partitions)

    def _backfill(self, target: dict[str, Any], partitions: Sequence[str]) -> str:
        params = {**target, "partitionNames": list(partitions), "fromFailure": False, "tags": []}
        launched = self.query(_BACKFILL, params=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        return str(launched["backfillId"])

    def reexecute_from_failure(self, run_id: str) -> str:
        """Run the steps again that failed, as the button of that name does.

        Returns:
            The new run's id.
        """
        launched = self.query(
            _REEXECUTE, params={"parentRunId": run_id, "strategy": "FROM_FAILURE"}
        )["launchPipelineReexecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def messages(self, run_id: str) -> list[str]:
        """The messages in a run's log."""
        events = self.query(_MESSAGES, id=run_id)["logsForRun"]["events"]
        return [event["message"] for event in events]

    def count_runs(self, backfill_id: str) -> int:
        """How many runs a backfill made."""
        tag = {"key": "dagster/backfill", "value": backfill_id}
        found = self.query(_RUNS, filter={"tags": [tag]})
        return len(found["runsOrError"]["results"])

    def stale_causes(self, asset: str, partition: str) -> list[tuple[str, str]]:
        """What makes a partition stale: the assets that changed, and which of their partitions."""
        node = self.query(_STALE, key={"path": [asset]}, partition=partition)["assetNodeOrError"]
        return [(cause["key"]["path"][-1], cause["partitionKey"]) for cause in node["staleCauses"]]

    def latest_partitions(self, asset: str, limit: int) -> list[str]:
        """The partitions that an asset's plots are of, the last one first."""
        node = self.query(_LATEST, key={"path": [asset]}, limit=limit)["assetNodeOrError"]
        return list(node["partitionKeyConnection"]["results"])

    def progress(self, backfill_id: str) -> dict[str, tuple[int, int]]:
        """How many days a backfill of assets was to make and has made, by asset."""
        data = self.query(_DONE, id=backfill_id)["partitionBackfillOrError"]["assetBackfillData"]
        return {
            count["assetKey"]["path"][-1]: (
                count["numPartitionsTargeted"],
                count["numPartitionsMaterialized"],
            )
            for count in data["assetBackfillStatuses"]
        }

    def terminate(self, run_id: str) -> None:
        """Terminate a run, as the "Terminate" button does."""
        self.query(_TERMINATE, id=run_id)

    def wait_for_run(self, run_id: str, seconds: float = 200) -> str:
        """Wait until a run has ended.

        Returns:
            Its status.
        """
        return self._wait(
            lambda: self.query(_RUN, id=run_id)["runOrError"]["status"],
            {"SUCCESS", "FAILURE", "CANCELED"},
            seconds,
        )

    def wait_for_backfill(self, backfill_id: str, seconds: float = 200) -> str:
        """Wait until a backfill has ended.

        Returns:
            Its status.
        """
        return self._wait(
            lambda: self.query(_BACKFILL_STATUS, id=backfill_id)["partitionBackfillOrError"][
                "status"
            ],
            {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"},
            seconds,
        )

    @staticmethod
    def _wait(status: Any, ends: set[str], seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while (now := status()) not in ends:
            assert time.monotonic() < deadline, f"still {now}"
            time.sleep(0.5)
        return str(now)
