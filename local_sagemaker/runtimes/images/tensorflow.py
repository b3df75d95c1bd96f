"""``tensorflow-training``.

Versions: the framework's is in the image's tag (``2.19.0-cpu-py312``). That of 2.21 was compared
with ``docker/tensorflow/training/2.21/cpu/pyproject.toml`` of aws/deep-learning-containers; the
last patch releases and the Pythons of the others are not confirmed. On x86-64 it is
``tensorflow-cpu``, which is the same without CUDA.
"""

from local_sagemaker.runtimes.images.entry import CatalogImage

_FOUNDATION = ("pandas<3", "pillow", "pyarrow", "scikit-learn", "scipy", "boto3", "requests")
_X86 = 'platform_machine == "x86_64"'
_OTHER = 'platform_machine != "x86_64"'


def _image(version: str, tensorflow: str, python: str) -> CatalogImage:
    minor = int(tensorflow.split(".")[1])
    # 2.12 is the oldest with wheels for Python 3.11, 2.16 for Python 3.12.
    early = tensorflow if minor >= 12 else "2.12.0"
    late = tensorflow if minor >= 16 else "2.16.2"
    return CatalogImage(
        f"tensorflow-training:{version}",
        "tensorflow",
        python=python,
        has={"tensorflow": tensorflow},
        packages=(
            f'tensorflow-cpu=={early}; {_X86} and python_version < "3.12"',
            f'tensorflow-cpu=={late}; {_X86} and python_version >= "3.12"',
            f'tensorflow=={early}; {_OTHER} and python_version < "3.12"',
            f'tensorflow=={late}; {_OTHER} and python_version >= "3.12"',
            # Before 2.18 it is built against numpy 1.
            *(("numpy<2",) if minor < 18 else ()),
            *_FOUNDATION,
        ),
    )


TENSORFLOW = (
    _image("2.21", "2.21.0", "3.12"),
    _image("2.19", "2.19.0", "3.12"),
    _image("2.18", "2.18.0", "3.10"),
    _image("2.16", "2.16.2", "3.10"),
    _image("2.14", "2.14.1", "3.10"),
    _image("2.13", "2.13.0", "3.10"),
    _image("2.12", "2.12.0", "3.10"),
    _image("2.11", "2.11.0", "3.9"),
    _image("2.10", "2.10.1", "3.9"),
    _image("2.9", "2.9.3", "3.9"),
)
