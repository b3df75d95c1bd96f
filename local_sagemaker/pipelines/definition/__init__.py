"""Pipeline definitions: what the JSON of version 2020-12-01 says, read and checked."""
