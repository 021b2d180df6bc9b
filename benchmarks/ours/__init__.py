"""Our own queue, measured alone."""
