"""The web pages for a person: what jobs there are, and how one of them goes."""
