"""One header of a request as the server read it.

Each request passes several layers that ask for one: making a dictionary of all headers for each
of them, or an object of the framework, takes longer than looking through the few there are.
"""

from starlette.types import Scope


def header_of(scope: Scope, name: bytes) -> bytes:
    """The value of the last header of this name, in lower case; empty if there is none."""
    for each, value in reversed(scope["headers"]):
        if each == name:
            found: bytes = value
            return found
    return b""
