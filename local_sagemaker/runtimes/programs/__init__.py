"""The programs that AWS's images bring along, and that are ours to give.

Copied into a job's environment, and run there by the job's own Python, which knows nothing of this
package: each imports the standard library, itself, and what its image has.
"""
