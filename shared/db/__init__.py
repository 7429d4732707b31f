"""The database: transactions of one agency, the change feed, followers, row-level security."""
