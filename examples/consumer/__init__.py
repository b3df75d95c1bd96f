"""A code location that follows another one's models."""
