"""Faults on demand: what goes wrong on AWS once a month goes wrong here when a test asks for it.

Faults are kept in the daemon's memory and end with it: none can be forgotten and surprise somebody.
"""
