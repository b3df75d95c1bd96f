"""Clients that know nothing of this project, each in an environment of its own."""
