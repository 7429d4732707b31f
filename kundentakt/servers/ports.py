"""Free ports on this machine."""

import socket
from collections.abc import Mapping


class NoFreePort(OSError):
    """Every port of 127.0.0.1 is in use."""


class PortTaken(Exception):
    """Another program took a port between our choice and our start."""

    def __init__(self, port: int, user: str) -> None:
        super().__init__(
            f"Port {port} ({user}) hat inzwischen ein anderes Programm: es beenden und noch einmal "
            "starten."
        )


def require_free(ports: Mapping[str, int]) -> None:
    """Raises PortTaken for a port that somebody listens on, by who wanted it."""
    for user, port in ports.items():
        if free_port(port) != port:
            raise PortTaken(port, user)


def free_port(wanted: int = 0) -> int:
    """Return the wanted port of 127.0.0.1 if it is free, else another; 0 stands for any.

    The kernel gives a port that it chose to nobody else for a minute, so that several systems can
    start side by side.
    """
    for port in (wanted, 0):
        with socket.socket() as listener:
            # As servers do, so that a port whose last connections are still closing counts as free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            found = int(listener.getsockname()[1])
            if found != wanted:
                _keep_from_others(listener)
            return found
    raise NoFreePort(NoFreePort.__doc__)


def _keep_from_others(listener: socket.socket) -> None:
    """Leave a closing connection (TIME_WAIT) on the port.

    The kernel does not choose such a port for others, and servers, which bind with SO_REUSEADDR,
    can still listen on it.
    """
    listener.listen(1)
    with socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        # Who closes first keeps the closing connection, and here the port is ours.
        accepted.close()
        client.recv(1)
