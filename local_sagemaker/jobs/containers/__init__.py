"""Containers without Docker: processes with surroundings of their own."""
