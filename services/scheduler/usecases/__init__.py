"""What the scheduler does, by noun: one keyword-only function per use case."""
