"""The kinds of jobs, and what a container of each is told and tells."""
