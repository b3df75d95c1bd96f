"""What every processor's request can say."""

from pathlib import Path

import pytest

from dagster_sagemaker import CodeBundle, NetworkConfig, ProcessingOutput, ScriptProcessor
from ml_pipeline_tests.dagster_sagemaker.captured import ROLE


def test_network_keys_and_limits_are_in_the_request(code: CodeBundle) -> None:
    processor = ScriptProcessor(
        role_arn=ROLE,
        image_uri="team/image:1",
        volume_kms_key="disk",
        output_kms_key="results",
        max_runtime_seconds=60,
        network=NetworkConfig(
            subnets=("subnet-1",),
            security_group_ids=("sg-1",),
            isolation=True,
            encrypt_traffic=True,
        ),
    )
    output = ProcessingOutput(
        name="out", local_path="/opt/ml/processing/output", s3_uri="s3://b/out"
    )
    request = processor.build(code=code, code_uri="s3://b/code", outputs=[output]).request
    assert request["NetworkConfig"] == {
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    }
    assert request["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "disk"
    assert request["ProcessingOutputConfig"]["KmsKeyId"] == "results"
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 60}


def test_an_output_that_the_script_writes_itself(code: CodeBundle) -> None:
    output = ProcessingOutput(
        name="t", local_path="/opt/ml/processing/t", s3_uri="s3://b/t", app_managed=True
    )
    processor = ScriptProcessor(role_arn=ROLE, image_uri="team/image:1")
    request = processor.build(code=code, code_uri="s3://b/code", outputs=[output]).request
    assert request["ProcessingOutputConfig"]["Outputs"][0]["AppManaged"] is True


def test_half_a_vpc_is_refused() -> None:
    with pytest.raises(ValueError, match="both `subnets` and `security_group_ids`"):
        NetworkConfig(subnets=("subnet-1",))


def test_requirements_that_nothing_would_install_are_refused(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("six\n")
    code = CodeBundle.inline("print()", requirements=requirements)
    processor = ScriptProcessor(role_arn=ROLE, image_uri="team/image:1")
    with pytest.raises(ValueError, match="ScriptProcessor installs no requirements"):
        processor.build(code=code, code_uri="s3://b/code")


def test_an_image_for_gpus_on_a_type_without_is_refused(code: CodeBundle) -> None:
    processor = ScriptProcessor(role_arn=ROLE, image_uri="team/embeddings:2-gpu")
    with pytest.raises(ValueError, match="for GPUs"):
        processor.build(code=code, code_uri="s3://b/code")
