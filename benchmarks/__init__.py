"""How fast the queue is, and beside what; benchmarks/README.md is the way in."""
