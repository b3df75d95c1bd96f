"""``sagemaker-xgboost``, and ``xgboost`` of the time before it.

Versions: ``docker/<version>/base/Dockerfile.cpu`` and ``requirements.txt`` of
aws/sagemaker-xgboost-container. The wheels of XGBoost itself are for every Python, what they
stand on has to be newer than in the images. That of 3.2-0 is not public: its XGBoost is known from
its name, its neighbours are the newest that work with it. On x86-64 it is ``xgboost-cpu``, which is
the same without CUDA.
"""

from local_sagemaker.runtimes.images.entry import CatalogImage

_PROGRAMS = {"train": "xgboost_training"}
_FOUNDATION = (
    'numpy==1.24.1; python_version < "3.12"',
    'numpy==1.26.4; python_version >= "3.12"',
    'scipy==1.9.3; python_version < "3.12"',
    'scipy==1.11.4; python_version >= "3.12"',
    'pandas==1.5.3; python_version < "3.12"',
    'pandas==2.1.4; python_version >= "3.12"',
    'scikit-learn==1.1.3; python_version < "3.12"',
    'scikit-learn==1.3.2; python_version >= "3.12"',
    "pyarrow==14.0.1",
    "boto3",
    # XGBoost's older releases need it and do not say so.
    "setuptools<81",
)
_HAS = {"numpy": "1.19.2", "scipy": "1.6.2", "pandas": "1.2.4", "scikit-learn": "0.24.1"}


def _image(version: str, xgboost: str, python: str) -> CatalogImage:
    return CatalogImage(
        f"sagemaker-xgboost:{version}",
        "xgboost",
        python=python,
        has={"xgboost": xgboost, **_HAS},
        packages=(f"xgboost=={xgboost}", *_FOUNDATION),
        programs=_PROGRAMS,
    )


XGBOOST = (
    CatalogImage(
        "sagemaker-xgboost:3.2-0",
        "xgboost",
        has={"xgboost": "3.2.0"},
        packages=(
            'xgboost-cpu==3.2.0; platform_machine == "x86_64"',
            'xgboost==3.2.0; platform_machine != "x86_64"',
            "numpy>=2",
            "scipy",
            "pandas<3",
            "scikit-learn",
            "pyarrow",
            "boto3",
        ),
        programs=_PROGRAMS,
    ),
    CatalogImage(
        "sagemaker-xgboost:3.0-5",
        "xgboost",
        python="3.10",
        has={"xgboost": "3.0.5", "numpy": "2.1.0", "pandas": "2.2.3", "pyarrow": "22.0.0"},
        packages=(
            "xgboost==3.0.5",
            "numpy==2.1.0",
            "pandas==2.2.3",
            "pyarrow==22.0.0",
            "scipy==1.14.1",
            "scikit-learn==1.5.2",
            "boto3",
        ),
        programs=_PROGRAMS,
    ),
    _image("1.7-1", "1.7.4", "3.8"),
    _image("1.5-1", "1.5.2", "3.8"),
    _image("1.3-1", "1.3.3", "3.7"),
    _image("1.2-2", "1.2.0", "3.7"),
    _image("1.2-1", "1.2.0", "3.7"),
    _image("1.0-1", "1.0.0", "3.7"),
    # The algorithm before it was an open image: XGBoost 0.72, which has wheels for Python 2 alone.
    CatalogImage(
        "xgboost",
        "xgboost",
        has={"xgboost": "0.72"},
        packages=("xgboost==0.90", *_FOUNDATION),
        programs=_PROGRAMS,
    ),
)
