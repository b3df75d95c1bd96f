"""The program's log."""

import logging

log = logging.getLogger("smspark-submit")
