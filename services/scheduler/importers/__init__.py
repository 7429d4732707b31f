"""Files that the scheduler reads: the staff list."""
