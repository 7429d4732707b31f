"""A program of tests: `python -m tests.embedded.run_source SOURCE [ARGUMENTS...]`."""

import sys

if __name__ == "__main__":
    exec(sys.argv.pop(1))
