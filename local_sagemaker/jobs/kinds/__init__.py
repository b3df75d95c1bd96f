"""The kinds of jobs: a package for each, and what they share."""
