"""Which images are known, and what stands in for each: one module a family.

Versions of images are those of their Dockerfiles and requirement files at AWS; what is installed
here are the same versions where they have wheels for this Python, and otherwise the nearest that
have. Which is which follows from the tables alone (environment markers), never from an index.
"""

from local_sagemaker.runtimes.images.base_python import BASE_PYTHON
from local_sagemaker.runtimes.images.entry import CatalogImage
from local_sagemaker.runtimes.images.pytorch import PYTORCH
from local_sagemaker.runtimes.images.scikit_learn import SCIKIT_LEARN
from local_sagemaker.runtimes.images.spark import SPARK
from local_sagemaker.runtimes.images.tensorflow import TENSORFLOW
from local_sagemaker.runtimes.images.xgboost import XGBOOST

IMAGES: tuple[CatalogImage, ...] = (
    *SCIKIT_LEARN,
    *XGBOOST,
    *SPARK,
    *PYTORCH,
    *TENSORFLOW,
    *BASE_PYTHON,
)
"""All known images; of several patterns that fit, the first counts."""
