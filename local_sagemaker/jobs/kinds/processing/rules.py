"""Processing jobs in the daemon."""

from local_sagemaker.jobs.kinds.processing.checks import check
from local_sagemaker.jobs.kinds.processing.shown import shown
from local_sagemaker.jobs.kinds.processing.unsupported import REFUSED, WITHOUT_EFFECT
from local_sagemaker.jobs.kinds.rules import Rules

RULES = Rules(REFUSED, WITHOUT_EFFECT, check, shown)
