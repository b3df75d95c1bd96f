"""Images to embeddings: what is found, read, computed and written."""
