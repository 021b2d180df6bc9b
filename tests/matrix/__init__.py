"""The tests on every database and Django: ``python -m tests.matrix --help``."""
