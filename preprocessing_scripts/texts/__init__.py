"""Texts to padded token sequences: tokens, vocabulary, sequences, records."""
