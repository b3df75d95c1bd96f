"""Processors that install requirements, and what their shell program does."""

import subprocess
import sys
from pathlib import Path

import pytest

from dagster_sagemaker import CodeBundle, FrameworkProcessor, PyTorchProcessor, TensorFlowProcessor
from dagster_sagemaker.request import JobRequest
from ml_pipeline_tests.dagster_sagemaker.captured import ROLE

_DLC = "763104351884.dkr.ecr.us-east-1.amazonaws.com"


def run(job: JobRequest, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a request's program where the image would, with this Python as the image's."""
    archive, program = job.uploads
    bin_folder, code = folder / "bin", folder / "code"
    bin_folder.mkdir()
    code.mkdir()
    for name in ("python", "python3"):
        (bin_folder / name).symlink_to(sys.executable)
    (code / "sourcedir.tar.gz").write_bytes(archive.content)
    text = program.content.decode().replace("/opt/ml/processing/input/code/", str(code))
    return subprocess.run(
        ["/bin/bash", "-c", text, "runproc.sh", *arguments],
        env={"PATH": f"{bin_folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def processor(**fields: str) -> FrameworkProcessor:
    return FrameworkProcessor(
        role_arn=ROLE,
        framework="sklearn",
        framework_version="1.4-2",
        region="us-east-1",
        **fields,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("made", "image"),
    [
        (PyTorchProcessor, "pytorch-training:2.10-cpu-py313"),
        (TensorFlowProcessor, "tensorflow-training:2.21-cpu-py312"),
    ],
)
def test_the_instance_type_chooses_the_image(
    made: type[PyTorchProcessor | TensorFlowProcessor], image: str
) -> None:
    version = image.partition(":")[2].partition("-")[0]
    common = {"role_arn": ROLE, "region": "us-east-1", "framework_version": version}
    assert made(**common).resolved_image_uri() == f"{_DLC}/{image}"  # type: ignore[arg-type]
    on_gpu = made(**common, instance_type="ml.g6.xlarge")  # type: ignore[arg-type]
    assert on_gpu.resolved_image_uri() == f"{_DLC}/{image.replace('-cpu-', '-gpu-')}"


def test_the_program_unpacks_the_code_and_hands_the_arguments_on(tmp_path: Path) -> None:
    code = CodeBundle.inline("import sys; print(sys.argv[1:])", pipes=False)
    job = processor().build(code=code, code_uri="s3://b/code", arguments=["a b", "$HOME"])
    done = run(job, tmp_path, *job.request["AppSpecification"]["ContainerArguments"])
    assert (done.returncode, done.stdout) == (0, "['a b', '$HOME']\n")


def test_requirements_that_cannot_be_installed_fail_the_job(tmp_path: Path) -> None:
    requirements = tmp_path / "needs.txt"
    requirements.write_text("./not-there.whl\n")
    code = CodeBundle.inline("print('ran')", pipes=False, requirements=requirements)
    done = run(processor().build(code=code, code_uri="s3://b/code"), tmp_path)
    assert done.returncode != 0
    assert "not-there.whl" in done.stdout + done.stderr
    assert "ran" not in done.stdout


def test_another_script_makes_another_program(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("print()")
    programs = {
        processor().build(code=CodeBundle(tmp_path, name), code_uri="s3://b/code").uploads[-1].uri
        for name in ("a.py", "b.py")
    }
    assert len(programs) == 2


def test_an_unknown_version_lists_the_known_ones(tmp_path: Path) -> None:
    made = PyTorchProcessor(role_arn=ROLE, region="us-east-1", framework_version="3.0")
    code = CodeBundle.inline("print()")
    with pytest.raises(ValueError, match=r"framework_version='3\.0'.*2\.9\.0, 2\.10\.0"):
        made.build(code=code, code_uri="s3://b/code")
