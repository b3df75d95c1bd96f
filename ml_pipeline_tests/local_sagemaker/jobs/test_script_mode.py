"""Script mode, in real training jobs."""

import json
import subprocess
import sys

import pytest

from local_sagemaker.runtimes.catalog import find_runtime
from local_sagemaker.runtimes.finished import mark_finished
from local_sagemaker.runtimes.interpreter import inspect
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox, archive, reason
from ml_pipeline_tests.local_sagemaker.runtimes.wheels import wheel

SHOW = """
import json, os, sys
print(json.dumps({"argv": sys.argv, "environ": dict(os.environ), "cwd": os.getcwd()}))
"""


def test_hyperparameters_become_arguments(sandbox: Sandbox) -> None:
    given = {
        "n-estimators": "50",
        "name": '"abc"',
        "plain": "not json",
        "flag": "true",
        "l": "[1, 2]",
        "none": "null",
        "map": '{"b": 1, "a": 2}',
    }
    job = sandbox.train("job", SHOW, given)
    found = json.loads(sandbox.log(job)[-1])
    assert found["argv"] == [
        "train.py",
        *("--flag", "True"),
        *("-l", "[1, 2]"),
        *("--map", "a=2,b=1"),
        *("--n-estimators", "50"),
        *("--name", "abc"),
        *("--none", ""),
        *("--plain", "not json"),
    ]
    assert found["cwd"] == "/opt/ml/code"


def test_the_variables_of_the_toolkit(sandbox: Sandbox) -> None:
    sandbox.put("train/a.csv", "1")
    channels = [sandbox.channel("train", "train/")]
    job = sandbox.train("job", SHOW, {"n-estimators": "50"}, InputDataConfig=channels)
    found = json.loads(sandbox.log(job)[-1])["environ"]
    assert found["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert found["SM_CHANNELS"] == '["source","train"]'
    assert found["SM_MODEL_DIR"] == "/opt/ml/model"
    assert found["SM_OUTPUT_DATA_DIR"] == "/opt/ml/output/data"
    assert found["SM_HP_N-ESTIMATORS"] == "50"
    assert found["SM_HPS"] == '{"n-estimators":50}'
    assert found["SM_USER_ARGS"] == '["--n-estimators","50"]'
    assert found["SM_USER_ENTRY_POINT"] == "train.py"
    assert found["SM_MODULE_NAME"] == "train"
    assert found["SM_CURRENT_HOST"] == "algo-1"
    assert found["SM_HOSTS"] == '["algo-1"]'
    assert found["SM_NUM_GPUS"].isdigit()
    assert found["SM_FRAMEWORK_PARAMS"] == "{}"
    assert found["SAGEMAKER_REGION"] == "us-east-1"
    assert json.loads(found["SM_TRAINING_ENV"])["job_name"] == "job"
    assert "/opt/ml/code" in found["PYTHONPATH"].split(":")
    assert not [name for name in found if name.startswith("SM_HP_SAGEMAKER")]


@pytest.mark.parametrize(
    ("image", "module"),
    [
        ("sagemaker-scikit-learn:1.4-2-cpu-py3", "sagemaker_sklearn_container.training:main"),
        ("pytorch-training:2.8.0-cpu-py312", "sagemaker_pytorch_container.training:main"),
        ("tensorflow-training:2.19.0-cpu-py312", "sagemaker_tensorflow_container.training:main"),
    ],
)
def test_each_framework_has_a_module_of_its_own(sandbox: Sandbox, image: str, module: str) -> None:
    uri = f"763104351884.dkr.ecr.us-east-1.amazonaws.com/{image}"
    # An environment without the image's packages passes for the image.
    built = sandbox.home.runtimes / find_runtime(uri, sandbox.home.root / "none.json").key
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", built], check=True)
    mark_finished(built, inspect(built / "bin" / "python"))
    algorithm = {"TrainingImage": uri, "TrainingInputMode": "File"}
    job = sandbox.train("job", SHOW, AlgorithmSpecification=algorithm)
    assert job.status == "Completed", reason(job)
    found = json.loads(sandbox.log(job)[-1])["environ"]
    assert found["SM_FRAMEWORK_MODULE"] == module
    assert json.loads(found["SM_TRAINING_ENV"])["framework_module"] == module


def test_an_image_of_the_users_own_has_no_framework(sandbox: Sandbox) -> None:
    job = sandbox.train("job", SHOW)
    assert json.loads(sandbox.log(job)[-1])["environ"]["SM_FRAMEWORK_MODULE"] == ""
    given = sandbox.train("given", SHOW, Environment={"SAGEMAKER_TRAINING_MODULE": "my.module"})
    found = json.loads(sandbox.log(given)[-1])["environ"]
    assert found["SM_FRAMEWORK_MODULE"] == "my.module"


def test_a_failing_script_leaves_the_toolkits_failure_file(sandbox: Sandbox) -> None:
    job = sandbox.train("job", "raise SystemExit(3)", {"n": "5"})
    assert job.status == "Failed"
    text = reason(job)
    assert text.startswith('AlgorithmError: ExecuteUserScriptError:\nExitCode 3\nErrorMessage ""')
    assert 'python3 -- train.py -n 5"' in text
    assert text.endswith(", exit code: 1")


def test_a_failure_file_of_the_script_is_kept(sandbox: Sandbox) -> None:
    script = "open('/opt/ml/output/failure', 'w').write('no rows left'); raise SystemExit(3)"
    assert reason(sandbox.train("job", script)) == "AlgorithmError: no rows left, exit code: 1"


def test_a_script_that_is_killed(sandbox: Sandbox) -> None:
    job = sandbox.train("job", "import os; os.kill(os.getpid(), 9)")
    assert "ExitCode 137" in reason(job)
    assert "OutOfMemory: Process killed by SIGKILL" in reason(job)


def test_requirements_are_the_jobs_own(sandbox: Sandbox) -> None:
    file, content = wheel("jobs_own_module", "1.0", "value = 42")
    script = "import jobs_own_module; print(jobs_own_module.value, jobs_own_module.__file__)"
    requirements = f"--no-index\n./{file}"
    files: dict[str, str | bytes] = {
        "train.py": script,
        "requirements.txt": requirements,
        file: content,
    }
    job = sandbox.run(sandbox.training("job", files))
    assert job.status == "Completed", sandbox.log(job)
    value, path = sandbox.log(job)[-1].split()
    assert value == "42"
    assert "/hosts/algo-1/layer/" in path
    after = sandbox.train("after", "import jobs_own_module")
    assert "No module named 'jobs_own_module'" in " ".join(sandbox.log(after))


def test_requirements_that_cannot_be_installed(sandbox: Sandbox) -> None:
    files = {"train.py": "print('ran')", "requirements.txt": "--no-index\nno-such-package"}
    job = sandbox.run(sandbox.training("job", files))
    assert job.status == "Failed"
    assert reason(job).startswith("AlgorithmError: InstallRequirementsError:\nExitCode 1")
    assert any("no-such-package" in line for line in sandbox.log(job))
    assert "ran" not in sandbox.log(job)


def test_a_shell_script_as_entry_point(sandbox: Sandbox) -> None:
    files = {"sub/run.sh": '#!/bin/sh\necho "args $*"\n'}
    entry = {"sagemaker_program": '"sub/run.sh"', "text": '"a b; exit 3"'}
    job = sandbox.run(sandbox.training("job", files, entry))
    assert job.status == "Completed", sandbox.log(job)
    assert sandbox.log(job)[-1] == "args --text a b; exit 3"


@pytest.mark.parametrize("program", ["../train.py", "-c", "a/./b.py", "/etc/x.py", "gone.py"])
def test_an_entry_point_that_is_none(sandbox: Sandbox, program: str) -> None:
    entry = {"sagemaker_program": json.dumps(program)}
    job = sandbox.run(sandbox.training("job", {"train.py": ""}, entry))
    assert job.status == "Failed"
    assert program in reason(job)


def test_without_an_entry_point(sandbox: Sandbox) -> None:
    job = sandbox.train("job", "", {"sagemaker_program": "null"})
    assert "sagemaker_program (the entry point) is missing" in reason(job)


def test_code_that_is_no_archive(sandbox: Sandbox) -> None:
    job = sandbox.training("job", {"train.py": ""})
    sandbox.put("code/job/sourcedir.tar.gz", "garbage")
    job = sandbox.run(job)
    assert job.status == "Failed"
    assert "Framework Error" in reason(job)
    assert "ReadError" in reason(job)


def test_code_cannot_be_unpacked_elsewhere(sandbox: Sandbox) -> None:
    job = sandbox.training("job", {"train.py": ""})
    sandbox.put("code/job/sourcedir.tar.gz", archive({"../escaped": "x"}))
    ended = sandbox.run(job)
    assert ended.status == "Failed"
    assert "leads out of it: ../escaped" in reason(ended)
