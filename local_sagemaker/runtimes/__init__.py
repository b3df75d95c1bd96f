"""Runtimes: the Python environments that stand in for container images."""
