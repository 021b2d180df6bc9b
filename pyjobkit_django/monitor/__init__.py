"""The read side: what pages show about jobs, as values; no HTML, no request."""
