"""Which type would have done."""

import pytest

from dagster_sagemaker.right_sizing.recommendation import right_sizing

M5 = "ml.m5.4xlarge"  # 16 vCPUs and 64 GiB
G5 = "ml.g5.12xlarge"  # 4 GPUs, 48 vCPUs and 192 GiB


@pytest.mark.parametrize(
    ("instance_type", "peaks", "advice"),
    [
        (M5, {"memory": 11, "cpu": 90}, f"peaked at 11 % of 64 GiB on {M5}; ml.m5.xlarge would do"),
        # 11.2 GiB are 70 % of 16 GiB, and a little more is too much.
        (M5, {"memory": 17.5, "cpu": 90}, "ml.m5.xlarge would do"),
        (M5, {"memory": 17.6, "cpu": 90}, "ml.m5.2xlarge would do"),
        (M5, {"memory": 0.04, "cpu": 90}, f"peaked at 0.0 % of 64 GiB on {M5}; ml.m5.large would"),
        # As many CPUs as were busy.
        (M5, {"memory": 1, "cpu": 450}, "ml.m5.2xlarge would do"),
        (M5, {"memory": 1, "cpu": 405}, "ml.m5.xlarge would do"),
        (
            M5,
            {"memory": 11, "cpu": 1590},
            f"11 % of 64 GiB and 15.9 of 16 vCPUs on {M5}; no smaller ml.m5 would do",
        ),
        # Another machine's CPUs say nothing of more than these.
        (M5, {"memory": 60, "cpu": 6400}, f"60 % of 64 GiB on {M5}; no smaller ml.m5 would do"),
        (M5, {"memory": 88, "cpu": 100}, "no smaller ml.m5 would do"),
        (M5, {"memory": 97, "cpu": 100}, "ml.m5.12xlarge would leave room"),
        ("ml.m5.24xlarge", {"memory": 97, "cpu": 100}, "no ml.m5 leaves 30% of its memory free"),
        ("ml.m5.large", {"memory": 2, "cpu": 10}, "no smaller ml.m5 would do"),
        # Types with GPUs: as many GPUs, unless it is known how many were busy.
        (G5, {"memory": 2, "cpu": 100}, f"and 4 GPUs on {G5}; no smaller ml.g5 would do"),
        (
            G5,
            {"memory": 2, "cpu": 100, "gpu": 95, "gpu_memory": 60},
            "ml.g5.xlarge would do",
        ),
        (
            G5,
            {"memory": 2, "cpu": 100, "gpu": 390, "gpu_memory": 60},
            "and 3.9 of 4 GPUs on ml.g5.12xlarge; no smaller ml.g5 would do",
        ),
        (
            G5,
            {"memory": 2, "cpu": 100, "gpu": 95, "gpu_memory": 90},
            "and 20 of 89.4 GiB of GPU memory on ml.g5.12xlarge; no smaller ml.g5 would do",
        ),
        ("ml.trn1.32xlarge", {"memory": 1, "cpu": 100}, "and 16 Neuron devices on"),
    ],
)
def test_the_smallest_of_the_family_that_holds_the_peak(
    instance_type: str, peaks: dict[str, float], advice: str
) -> None:
    assert advice in str(right_sizing(instance_type, peaks))


@pytest.mark.parametrize(
    ("instance_type", "peaks"),
    [
        (M5, {}),
        (M5, {"memory": 11}),
        (M5, {"cpu": 11, "disk": 5}),
        ("ml.p6e-gb200.36xlarge", {"memory": 11, "cpu": 50}),
    ],
)
def test_nothing_is_recommended_without_data(instance_type: str, peaks: dict[str, float]) -> None:
    assert right_sizing(instance_type, peaks) is None
