"""A process that has loaded what every service needs and forks services and workers from itself.

Forked processes share the memory of what was loaded before, and start without loading it again.
`forking.py` is the other end: it starts this module and asks for processes.

    python -m kundentakt.supervisor.fork_server SOCKET

SOCKET is the number of an inherited Unix socket (SOCK_SEQPACKET). One message asks for a process
(`Request`) and is answered by its pid; another message reports each process that ended. If the
socket closes, this process ends, and the kernel ends its children with it. Linux only.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

LONGEST_MESSAGE = 1 << 17
PRIVATE = 0o077
"""The umask of services and workers: letters, mails and logs are for their own user alone."""
PRELOADED = (
    "uvicorn.main",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.auto",
    "uvicorn.lifespan.on",
    "shared.web.app",
    "shared.jobs.worker",
    "shared.csv",
    "shared.calendar",
    "services.notifier.api.problems",
    "services.notifier.worker",
)
"""No module that starts threads, as numpy and polars do: a fork would lose those threads."""

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A process to fork: `python -m MODULE ARGUMENTS...`, its environment and its log file."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: dict[str, str]
    log: str

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def of_bytes(cls, data: bytes) -> Self:
        return cls(**json.loads(data))


def preload() -> None:
    """Import what all share, and keep the garbage collector off it: a look would copy its pages."""
    gc.disable()
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    gc.enable()


def serve(connection: socket.socket) -> Request | None:
    """Fork what is asked for until the other end closes.

    Returns None at the end; in a forked process, returns the request that this process must run.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not connection:
                    selector.unregister(key.fileobj)
                    _report_end(connection, process_handle=key.fd, pid=key.data)
                    continue
                message = connection.recv(LONGEST_MESSAGE)
                if not message:
                    return None
                request, parent = Request.of_bytes(message), os.getpid()
                pid = os.fork()
                if pid == 0:
                    handles = [each.fd for each in selector.get_map().values()]
                    _become_child(request, parent=parent, inherited=handles)
                    return request
                os.setpgid(pid, pid)
                selector.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
                connection.send(json.dumps({"pid": pid}).encode())


def _report_end(connection: socket.socket, *, process_handle: int, pid: int) -> None:
    os.close(process_handle)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    connection.send(json.dumps({"ended": pid, "code": code}).encode())


def _become_child(request: Request, *, parent: int, inherited: Sequence[int]) -> None:
    """Make the fork what a started process would be: group, signals, environment, output."""
    for descriptor in inherited:
        os.close(descriptor)
    os.setpgid(0, 0)
    library = ctypes.CDLL(None)
    library.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    library.prctl(_PR_SET_NAME, request.name.encode())
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the kernel was told to end us with it
    os.umask(PRIVATE)
    log = os.open(request.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.environ.clear()
    os.environ.update(request.environment)


def main() -> None:
    """Serve; a forked process comes out of `serve` too and runs what it was forked for."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    preload()
    request = serve(connection)
    if request is None:
        return
    connection.detach()
    sys.argv = [request.module, *request.arguments]
    runpy.run_module(request.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
