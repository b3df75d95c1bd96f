"""How long a stranger waits: ``make run`` from a clean clone, and again with everything in place.

The package cache of pip is whatever it is; run this twice to have it warm. The second run is taken
apart: Python's imports and the scripts' own work are measured by themselves, and what is left is
what this project, Dagster and the local service take.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DAY = "2013-02-11"
SCRIPTS = (
    "preprocessing_scripts.sklearn_preprocess",
    "training_scripts.sklearn_train",
    "preprocessing_scripts.sklearn_evaluate",
)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        try:
            first, _ = _make_run(clone)
            second, _ = _make_run(clone)
            scripts = _scripts(clone)
            _, printed = _make_run(clone, PYTHONPROFILEIMPORTTIME="1")
        finally:
            subprocess.run(["make", "stop"], cwd=clone, env=_environment(), check=True)
    imports = _imports(printed)
    for name, seconds in (
        ("clean clone", first),
        ("again", second),
        ("  of that: imports of the commands", imports),
        ("  of that: the scripts, with their imports", scripts),
        ("  of that: all else", second - imports - scripts),
    ):
        print(f"{name:46}{seconds:8.1f} s")


def _environment() -> dict[str, str]:
    own = ("ML_PIPELINE_", "DAGSTER_", "VIRTUAL_ENV", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    # Not the interpreter that runs this: the clone makes a virtual environment of its own.
    outside = [part for part in kept["PATH"].split(":") if not part.startswith(sys.prefix)]
    return {**kept, "PATH": ":".join(outside), "ML_PIPELINE_LOCAL_PORT": "8587"}


def _make_run(clone: Path, **variables: str) -> tuple[float, str]:
    """The seconds it took, and what it printed to stderr."""
    started = time.monotonic()
    done = subprocess.run(
        ["make", "run", f"PARTITION={DAY}"],
        cwd=clone,
        env={**_environment(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"make run failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return time.monotonic() - started, done.stderr


def _imports(printed: str) -> float:
    """The seconds that Python says all commands spent in importing."""
    own = re.findall(r"^import time:\s+(\d+) \|", printed, re.MULTILINE)
    return sum(int(microseconds) for microseconds in own) / 1e6


def _import(clone: Path, python: Path, code: str) -> float:
    started = time.monotonic()
    subprocess.run([str(python), "-c", code], cwd=clone, check=True)
    return time.monotonic() - started


def _scripts(clone: Path) -> float:
    [runtime] = (clone / ".ml_pipeline/runtimes").glob("sagemaker-scikit-learn-1.4-2-*/bin/python")
    imports = sum(_import(clone, runtime, f"import boto3, {script}") for script in SCRIPTS)
    return imports + sum(_work())


def _work() -> list[float]:
    """The seconds that the scripts of the last run say they took."""
    import boto3

    s3 = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:8587",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )

    def read(key: str) -> bytes:
        return s3.get_object(Bucket="ml-pipeline", Key=key)["Body"].read()

    seconds = []
    for asset in ("preprocessed_dataset", "model_evaluation"):
        manifest = json.loads(read(f"{asset}/ds={DAY}/manifest.json"))
        report = json.loads(read(manifest["outputs"]["report"]["objects"][0]["key"]))
        seconds.append(report["metrics"]["seconds"])
    job = json.loads(read(f"model_artifact/ds={DAY}/manifest.json"))["job_name"]
    logs = boto3.client(
        "logs",
        endpoint_url="http://127.0.0.1:8587",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    events = logs.filter_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job
    )["events"]
    [fitted] = [event["message"] for event in events if event["message"].startswith("fitted in")]
    return [*seconds, float(fitted.split()[2])]


if __name__ == "__main__":
    main()
