"""Processing jobs that install requirements before they run their script."""

import hashlib
import shlex
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from dagster_sagemaker.code import CodeBundle
from dagster_sagemaker.inputs import ProcessingInput
from dagster_sagemaker.job_settings import ManagedJob
from dagster_sagemaker.processors.code_parts import CODE_DIRECTORY, CodeParts
from dagster_sagemaker.processors.script import ScriptProcessor
from dagster_sagemaker.request import Upload
from dagster_sagemaker.s3_uri import join_s3_uri

_ENTRYPOINT_DIRECTORY = "/opt/ml/processing/input/entrypoint"
_PROGRAM = "runproc.sh"


class FrameworkProcessor(ManagedJob, ScriptProcessor):
    """A processing job that unpacks its code, installs ``requirements.txt``, and runs the script.

    The request is the one the SageMaker SDK's class of the same name sends: the code travels as
    ``sourcedir.tar.gz``, beside a shell program that does these steps.
    """

    command: tuple[str, ...] = Field(default=("python",), description="What runs the script.")

    def code_parts(self, code: CodeBundle, code_uri: str) -> CodeParts:
        """How the job gets its code, and what its container runs."""
        program = _program(self.command, code.entry_point)
        name = hashlib.sha256(program).hexdigest()[:32]
        program_uri = join_s3_uri(code_uri, name, _PROGRAM)
        return CodeParts(
            entrypoint=("/bin/bash", f"{_ENTRYPOINT_DIRECTORY}/{_PROGRAM}"),
            inputs=(
                ProcessingInput(
                    name="code", s3_uri=code.archive_uri(code_uri), local_path=f"{CODE_DIRECTORY}/"
                ),
                ProcessingInput(
                    name="entrypoint", s3_uri=program_uri, local_path=_ENTRYPOINT_DIRECTORY
                ),
            ),
            uploads=(*code.archive_uploads(code_uri), Upload(program_uri, program)),
        )


class PyTorchProcessor(FrameworkProcessor):
    """A processing job in SageMaker's PyTorch image; on a type with GPUs, in the one for them."""

    framework: Literal["pytorch"] = Field(default="pytorch", description="Family of the image.")


class TensorFlowProcessor(FrameworkProcessor):
    """A processing job in SageMaker's TensorFlow image; with GPUs, in the one for them."""

    framework: Literal["tensorflow"] = Field(
        default="tensorflow", description="Family of the image."
    )


def _program(command: Sequence[str], script: str) -> bytes:
    """The shell program: any step that fails fails the job."""
    return f"""\
#!/bin/bash
set -e
cd {CODE_DIRECTORY}/
tar -xzf sourcedir.tar.gz
if [[ -f requirements.txt ]]; then
    python -m pip install -r requirements.txt
fi
{shlex.join((*command, script))} "$@"
""".encode()
