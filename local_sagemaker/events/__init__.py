"""State-change events, as EventBridge delivers SageMaker's, on a queue of SQS.

``ML_PIPELINE_LOCAL_EVENTS_QUEUE`` names the queue, or gives its URL. A change of a job and the note
that it is to be told are one transaction of the job store, whichever process makes it; the daemon
tells, in order, and forgets what SQS has acknowledged. So each change is told at least once.
"""

QUEUE_VARIABLE = "ML_PIPELINE_LOCAL_EVENTS_QUEUE"
"""The name or the URL of the queue that events go to; none without it."""
