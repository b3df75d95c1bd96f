import os
import subprocess
import sys
from pathlib import Path

from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import Project


def test_status_says_where_the_service_is(local_service: LocalService, project: Project) -> None:
    assert local_service.url in project.run("ml-pipeline", "local", "status").stdout


def test_env_connects_a_shell(local_service: LocalService, project: Project) -> None:
    script = (
        'eval "$(ml-pipeline local env)" && python -c "import boto3; '
        "print(boto3.client('sts').get_caller_identity()['Account'], "
        "[b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])\""
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=project.folder,
        env={**project.environment, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ml-pipeline" in done.stdout, done.stderr


def test_without_a_service_commands_say_how_to_start_it(project: Project, tmp_path: Path) -> None:
    home = str(tmp_path / "none")
    status = project.run("ml-pipeline", "local", "status", check=False, ML_PIPELINE_HOME=home)
    assert (status.returncode, "ml-pipeline local start" in status.stdout) == (1, True)
    env = project.run("ml-pipeline", "local", "env", check=False, ML_PIPELINE_HOME=home)
    assert env.returncode == 1
    assert "Error:" in env.stderr
    assert "Traceback" not in env.stderr


def test_a_wrong_setting_is_named(project: Project) -> None:
    done = project.run("ml-pipeline", "doctor", check=False, ML_PIPELINE_LOCAL_PORT="many")
    assert done.returncode == 1
    assert "ML_PIPELINE_LOCAL_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_day_that_is_no_partition_is_refused_before_anything_starts(project: Project) -> None:
    for command in (
        ["run", "1999-01-01"],
        ["backfill", "--from", "2013-02-01", "--to", "2014-02-01"],
    ):
        done = project.run("ml-pipeline", *command, check=False)
        assert done.returncode == 1
        assert "is not a partition: choose a day from 2013-01-01 to 2013-12-31" in done.stderr


def test_a_run_that_fails_ends_with_what_to_change(project: Project) -> None:
    done = project.run("ml-pipeline", "run", "2013-01-03", check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: 2013-01-03 has 2 days of history and needs 7")
    assert "ML_PIPELINE_MIN_HISTORY_DAYS" in last


def test_the_doctor_finds_nothing_wrong(project: Project) -> None:
    printed = project.run("ml-pipeline", "doctor").stdout
    assert "fail" not in printed
    for subject in ("target", "DAGSTER_HOME", "local service", "bucket"):
        assert subject in printed


def test_the_doctor_says_what_to_do_about_aws(
    local_service: LocalService, project: Project
) -> None:
    """The AWS target, shown the local service in the place of AWS."""
    variables = {
        "ML_PIPELINE_TARGET": "aws",
        "ML_PIPELINE_BUCKET": "not-there",
        "ML_PIPELINE_ROLE_ARN": "arn:aws:iam::000000000000:role/not-there",
        **local_service.environment,
    }
    done = project.run("ml-pipeline", "doctor", check=False, **variables)
    assert done.returncode == 1
    assert "ML_PIPELINE_BUCKET" in done.stdout
    assert "ML_PIPELINE_ROLE_ARN" in done.stdout
    done = project.run("ml-pipeline", "doctor", check=False, **variables, ML_PIPELINE_PROFILE="no")
    assert "ML_PIPELINE_PROFILE" in done.stdout


def test_the_summary_of_a_day_never_run_says_how_to_run_it(project: Project) -> None:
    done = project.run("ml-pipeline", "summary", "2013-12-24", check=False)
    assert done.returncode == 1
    assert "make run PARTITION=2013-12-24" in done.stderr
