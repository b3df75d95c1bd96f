"""Small pipelines to copy."""
