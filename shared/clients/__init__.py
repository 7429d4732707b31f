"""Typed clients of the three services, for services, command line, tests and integrators."""
