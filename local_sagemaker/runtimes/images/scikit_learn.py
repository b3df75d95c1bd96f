"""``sagemaker-scikit-learn``.

Versions: ``docker/<version>/base/Dockerfile.cpu`` and ``requirements.txt`` of
aws/sagemaker-scikit-learn-container at the commits that made each version. That of 1.9-0 is not
public: its scikit-learn is known from its name, its neighbours are the newest that work with it.
"""

from local_sagemaker.runtimes.images.entry import CatalogImage

# The oldest that has wheels for each Python: 1.0.2 for 3.10, 1.1.3 for 3.11, 1.3.2 for 3.12 (1.2.*
# has none for it). Their neighbours are the oldest that have wheels and work together.
_OLDEST = (
    'scikit-learn==1.0.2; python_version < "3.11"',
    'scikit-learn==1.1.3; python_version == "3.11"',
    'scikit-learn==1.3.2; python_version >= "3.12"',
    'numpy==1.22.4; python_version < "3.11"',
    'numpy==1.24.1; python_version == "3.11"',
    'numpy==1.26.4; python_version >= "3.12"',
    'scipy==1.9.3; python_version < "3.12"',
    'scipy==1.11.4; python_version >= "3.12"',
    'pandas==1.3.5; python_version < "3.11"',
    'pandas==1.5.3; python_version == "3.11"',
    'pandas==2.1.4; python_version >= "3.12"',
    "pyarrow==14.0.1",
    "boto3",
    "joblib",
)

SCIKIT_LEARN = (
    CatalogImage(
        "sagemaker-scikit-learn:1.9-0",
        "scikit_learn",
        has={"scikit-learn": "1.9.0"},
        packages=(
            # 1.7 is the last that has wheels for Python 3.10.
            'scikit-learn==1.7.2; python_version < "3.11"',
            'scikit-learn==1.9.0; python_version >= "3.11"',
            "numpy>=2",
            "scipy",
            "pandas<3",
            "pyarrow",
            "boto3",
            "joblib",
        ),
    ),
    CatalogImage(
        "sagemaker-scikit-learn:1.4-2",
        "scikit_learn",
        python="3.10",
        has={
            "scikit-learn": "1.4.2",
            "numpy": "2.1.0",
            "scipy": "1.14.1",
            "pandas": "2.2.3",
            "pyarrow": "17.0.0",
        },
        # The project's own pins: a model pickled in a job is loaded here.
        packages=(
            "numpy==2.1.0",
            "scipy==1.14.1",
            "pandas==2.2.3",
            "scikit-learn==1.4.2",
            "pyarrow==17.0.0",
            "boto3",
            "joblib",
        ),
    ),
    CatalogImage(
        "sagemaker-scikit-learn:1.2-1",
        "scikit_learn",
        # Its first releases had 3.8.
        python="3.9",
        has={
            "scikit-learn": "1.2.1",
            "numpy": "1.24.1",
            "pandas": "1.1.3",
            "pyarrow": "14.0.1",
        },
        packages=(
            'scikit-learn==1.2.1; python_version < "3.12"',
            'scikit-learn==1.3.2; python_version >= "3.12"',
            'numpy==1.24.1; python_version < "3.12"',
            'numpy==1.26.4; python_version >= "3.12"',
            'scipy==1.9.3; python_version < "3.12"',
            'scipy==1.11.4; python_version >= "3.12"',
            # The oldest with wheels and without a quarrel with this numpy.
            'pandas==1.5.3; python_version < "3.12"',
            'pandas==2.1.4; python_version >= "3.12"',
            "pyarrow==14.0.1",
            "boto3",
            "joblib",
        ),
    ),
    CatalogImage(
        "sagemaker-scikit-learn:1.0-1",
        "scikit_learn",
        python="3.7",
        has={
            "scikit-learn": "1.0.2",
            "numpy": "1.19.5",
            "scipy": "1.5.3",
            "pandas": "1.1.3",
        },
        packages=_OLDEST,
    ),
    CatalogImage(
        "sagemaker-scikit-learn:0.23-1",
        "scikit_learn",
        python="3.7",
        has={
            "scikit-learn": "0.23.2",
            "numpy": "1.19.2",
            "scipy": "1.5.3",
            "pandas": "1.1.3",
        },
        packages=_OLDEST,
    ),
    CatalogImage(
        "sagemaker-scikit-learn:0.20.0",
        "scikit_learn",
        python="3.7",
        has={"scikit-learn": "0.20.0", "numpy": "1.19.5", "pandas": "0.25"},
        packages=_OLDEST,
    ),
)
