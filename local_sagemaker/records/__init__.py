"""The records of jobs: SQLite rows, and what else of a job is kept."""
