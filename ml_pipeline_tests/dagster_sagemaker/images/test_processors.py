"""Which images run on which instances."""

import pytest

from dagster_sagemaker.images import check_processor

_ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    "image",
    [
        f"{_ECR}/pytorch-training:2.10-gpu-py313",
        f"{_ECR}/pytorch-training:2.10.0-gpu-py313-cu130-ubuntu22.04-sagemaker",
        "team/embeddings:gpu",
    ],
)
def test_an_image_for_gpus_needs_them(image: str) -> None:
    with pytest.raises(ValueError, match=r"for GPUs, and ml\.m5\.xlarge has none"):
        check_processor(image, "ml.m5.xlarge")
    check_processor(image, "ml.g6e.xlarge")


@pytest.mark.parametrize(
    "image", [f"{_ECR}/sagemaker-xgboost:3.2-0", "team/gpustat:1", "team/gpu:cpu", "plain"]
)
def test_other_images_run_anywhere(image: str) -> None:
    check_processor(image, "ml.m5.xlarge")
    check_processor(image, "ml.p5.48xlarge")
