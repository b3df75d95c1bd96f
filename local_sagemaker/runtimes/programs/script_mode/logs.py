"""The training toolkit's log."""

import logging

log = logging.getLogger("sagemaker-training-toolkit")
