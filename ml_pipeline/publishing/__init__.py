"""Publishing: what a partition is, and how readers come to see it."""
