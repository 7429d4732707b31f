"""The classifier: who each customer is to the agency."""

import os

# Before polars is imported anywhere: a handful of rows is worked through at a time, and threads of
# its own that wait for each other on few cores make an event wait twice as long for its class.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
