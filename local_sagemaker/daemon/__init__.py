"""The process behind the face: starting, finding, serving, stopping, and watching over jobs."""
