"""What jobs took of their instances, as CloudWatch tells of it."""
