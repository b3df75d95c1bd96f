"""Airflow's operators for SageMaker."""

from pathlib import Path

import pytest

from ml_pipeline_tests.clients.conftest import PROGRAMS, MakeClient
from ml_pipeline_tests.conftest import LocalService


# It takes minutes to install.
@pytest.mark.long
@pytest.mark.timeout(900)
def test_operators_in_a_dag(client: MakeClient, service: LocalService, tmp_path: Path) -> None:
    service.client("s3").create_bucket(Bucket="airflow")
    airflow = client("airflow")
    program = "airflow_operators.py"
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / program).write_text((PROGRAMS / program).read_text())
    settings = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    airflow.execute("-m", "airflow", "db", "migrate", status=0, **settings)
    ran = airflow.run(program, **settings)
    succeeded = dict.fromkeys(("waits", "renames", "defers"), "success")
    assert ran.result == {**succeeded, "fails": "failed"}
    assert "SageMaker resource failed because AlgorithmError: , exit code: 1" in ran.output
    assert "learning" in ran.output, "the operator showed no log"
    jobs = service.client("sagemaker").list_processing_jobs(NameContains="airflow")
    names = [job["ProcessingJobName"] for job in jobs["ProcessingJobSummaries"]]
    assert (names[0], len(names)) == ("airflow", 2)
