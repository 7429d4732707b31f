"""The overview of the portfolio: figures of all units, ideal customers, reviews, polite parting."""
