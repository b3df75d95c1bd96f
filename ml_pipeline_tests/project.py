"""The project as its users run it: its commands, against the service on this machine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from ml_pipeline.resources import build_resources
from ml_pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
BUCKET = "ml-pipeline"
DAY = "2013-01-10"
"""Early, so that what it learns from is little, and soon learned."""
QUICK_DAEMON = "ml_pipeline_tests.quick_daemon"
WAITING_JOBS = "ml_pipeline_tests.waiting_jobs"
"""Definitions whose jobs run until `release/<partition>` is in the bucket."""


class Project:
    """A Dagster home of its own, connected to a running local service.

    Args:
        folder: An empty directory.
        environment: What connects it to the service.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        # Not the checkout: Dagster prefers a `.env` there to the environment.
        self.folder = folder
        self.dagster_home = folder / "dagster_home"
        self.dagster_home.mkdir()
        shutil.copy(ROOT / "dagster_home" / "dagster.yaml", self.dagster_home)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "ML_PIPELINE_", "DAGSTER_"))
        }
        self.environment = {
            **kept,
            **environment,
            "DAGSTER_HOME": str(self.dagster_home),
        }

    def run(
        self, *arguments: str, check: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``dagster`` or ``ml-pipeline``, as the first argument says."""
        program, *rest = arguments
        done = subprocess.run(
            [str(Path(sys.executable).parent / program), *rest],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"{arguments} ended with {done.returncode}:\n{done.stderr[-6000:]}"
            )
        return done

    def spawn(self, *arguments: str, log: Path) -> "subprocess.Popen[bytes]":
        """Start a long-running command, its output going to a file."""
        program, *rest = arguments
        with log.open("wb") as output:
            return subprocess.Popen(
                [str(Path(sys.executable).parent / program), *rest],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def land(self, first: str, last: str) -> None:
        """Land raw days."""
        self.run(
            *("dagster", "asset", "materialize", "-m", "ml_pipeline", "--select", "raw_flights"),
            *("--partition-range", f"{first}...{last}"),
        )

    def execute(
        self, partition: str, *, check: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``daily_training`` for a partition."""
        return self.run(
            *("dagster", "job", "execute", "-m", "ml_pipeline", "-j", "daily_training"),
            *("--tags", json.dumps({"dagster/partition": partition})),
            check=check,
            **variables,
        )


@dataclass(frozen=True)
class Outcome:
    """How a run in this process ended.

    Args:
        success: Whether it did what it should.
        errors: What Dagster shows of its errors, causes and all.
    """

    success: bool
    errors: str


def materialize(
    project: Project, settings: Settings, tags: Mapping[str, str], *assets: str
) -> Outcome:
    """Run assets as the commands do, in this process, which has imported what they import.

    Args:
        project: Where the run is recorded.
        settings: Of the resources.
        tags: The run's, which name its partitions.
        assets: Those of ``daily_training`` if none is named.
    """
    from ml_pipeline.definitions import defs

    definitions = dg.Definitions(
        assets=defs.assets,
        jobs=defs.jobs,
        resources=build_resources(settings),
        executor=defs.executor,
    )
    if assets:
        job = definitions.resolve_implicit_global_asset_job_def()
    else:
        job = definitions.resolve_job_def("daily_training")
    with dg.DagsterInstance.from_config(str(project.dagster_home)) as instance:
        result = job.execute_in_process(
            instance=instance,
            tags=dict(tags),
            asset_selection=[dg.AssetKey(asset) for asset in assets] or None,
            raise_on_error=False,
        )
    failures = result.filter_events(lambda event: event.is_step_failure)
    errors = [failure.step_failure_data.error_display_string for failure in failures]
    return Outcome(result.success, "\n".join(errors))


def manifest(service: Any, asset: str, partition: str) -> Any:
    """What a partition's manifest says."""
    return read_json(service.client("s3"), BUCKET, f"{asset}/ds={partition}/manifest.json")


def read_json(s3: Any, bucket: str, key: str) -> Any:
    """An object's content."""
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
