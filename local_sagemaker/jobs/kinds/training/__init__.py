"""Training jobs: what is theirs alone."""
