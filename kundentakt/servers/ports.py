"""Free ports on this machine."""

import socket


class NoFreePort(OSError):
    """Every port of 127.0.0.1 is in use."""


def free_port(wanted: int = 0) -> int:
    """Return the wanted port of 127.0.0.1 if it is free, else another; 0 stands for any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As servers do, so that a port whose last connections are still closing counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NoFreePort(NoFreePort.__doc__)
