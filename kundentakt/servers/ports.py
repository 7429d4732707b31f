"""Free ports on this machine."""

import socket


class NoFreePort(OSError):
    """Every port of 127.0.0.1 is in use."""


def free_port(wanted: int = 0) -> int:
    """The wanted port of 127.0.0.1 when it is free, else one that is; 0 wants any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As servers do: a port whose last connections are still closing counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NoFreePort(NoFreePort.__doc__)
