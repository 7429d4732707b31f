"""The book at a glance: figures of all units, ideal customers, reviews, polite parting."""
