"""Processing jobs: what is theirs alone."""
