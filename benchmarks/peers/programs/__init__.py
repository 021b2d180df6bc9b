"""The peers' own jobs and enqueuers: one file a queue, run in that queue's venv."""
