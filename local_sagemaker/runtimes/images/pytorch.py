"""``pytorch-training`` and ``pytorch-inference``.

Versions: the framework's is in the image's tag (``2.8.0-cpu-py312``). Those from 2.8 on were
compared with ``pytorch/training/docker/<version>/py3/Dockerfile.cpu`` of
aws/deep-learning-containers; the last patch releases and the Pythons of the others are not
confirmed. The images have the CPU builds from the index that PyTorch keeps for them. PyPI itself
has, for x86-64, only the builds for CUDA, with gigabytes of libraries; those are never installed
unasked. Without an index that has the image's own version as a CPU build, it is the nearest version
of which there is one.
"""

from local_sagemaker.runtimes.images.entry import CatalogImage

_FOUNDATION = (
    "pandas<3",
    "pillow",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "boto3",
    "packaging",
    "PyYAML",
    "requests",
)
_ADVICE = (
    "The CPU builds of PyTorch lie in an index of their own: set "
    "ML_PIPELINE_LOCAL_PIP_OPTIONS_PYTORCH=--extra-index-url=... to its address (PyTorch's "
    "installation page names it) and restart the service"
)
_X86 = 'platform_machine == "x86_64"'
_OTHER = 'platform_machine != "x86_64"'


def _images(version: str, torch: str, python: str, numpy: str = "numpy") -> list[CatalogImage]:
    # Before 2.2 there are no wheels for Python 3.12.
    late = torch if tuple(map(int, torch.split(".")[:2])) >= (2, 2) else "2.2.2"
    packages = (
        f'torch=={torch}+cpu; {_X86} and python_version < "3.12"',
        f'torch=={late}+cpu; {_X86} and python_version >= "3.12"',
        f'torch=={torch}; {_OTHER} and python_version < "3.12"',
        f'torch=={late}; {_OTHER} and python_version >= "3.12"',
        numpy,
        *_FOUNDATION,
    )
    return [
        CatalogImage(
            f"{repository}:{version}",
            "pytorch",
            python=python,
            has={"torch": torch},
            packages=packages,
            advice=_ADVICE,
            environment=f"pytorch-{version}",
        )
        for repository in ("pytorch-training", "pytorch-inference")
    ]


PYTORCH = (
    *_images("2.10", "2.10.0", "3.13"),
    *_images("2.9", "2.9.0", "3.12"),
    *_images("2.8", "2.8.0", "3.12"),
    *_images("2.7", "2.7.1", "3.12"),
    *_images("2.6", "2.6.0", "3.12"),
    *_images("2.5", "2.5.1", "3.11"),
    *_images("2.4", "2.4.0", "3.11"),
    *_images("2.3", "2.3.0", "3.11"),
    # Built against numpy 1.
    *_images("2.2", "2.2.0", "3.10", "numpy<2"),
    *_images("2.1", "2.1.0", "3.10", "numpy<2"),
    *_images("2.0", "2.0.1", "3.10", "numpy<2"),
    *_images("1.13", "1.13.1", "3.9", "numpy<2"),
)
