"""The log of the image's algorithm mode."""

import logging

log = logging.getLogger("sagemaker_xgboost_container.algorithm_mode.train")
