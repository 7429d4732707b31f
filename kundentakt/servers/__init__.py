"""PostgreSQL and Redis for a local installation, and the databases within."""
