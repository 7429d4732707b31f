"""The doorbell and the workers it wakes: the only place that knows arq and Redis."""
