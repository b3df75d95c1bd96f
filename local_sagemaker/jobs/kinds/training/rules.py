"""Training jobs in the daemon."""

from local_sagemaker.jobs.kinds.rules import Rules
from local_sagemaker.jobs.kinds.training.checks import check
from local_sagemaker.jobs.kinds.training.description import extras
from local_sagemaker.jobs.kinds.training.shown import shown
from local_sagemaker.jobs.kinds.training.states import begin, enter_with
from local_sagemaker.jobs.kinds.training.unsupported import REFUSED, WITHOUT_EFFECT
from local_sagemaker.jobs.kinds.training.updates import updated

RULES = Rules(REFUSED, WITHOUT_EFFECT, check, shown, begin, enter_with, extras, updated)
