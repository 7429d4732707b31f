"""The production shape, held against the code and run without a container engine."""
