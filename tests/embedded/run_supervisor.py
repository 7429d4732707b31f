"""A command that supervises one web server until killed: `run_supervisor.py LOGS PORT [forked]`."""

import os
import sys
import threading
from pathlib import Path

from kundentakt.supervisor.forking import ForkServer
from kundentakt.supervisor.processes import Program, Supervisor


def web_server(port: int) -> Program:
    """The standard library's, which answers 200 on /."""
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    return Program(name="web", command=command, ready_url=f"http://127.0.0.1:{port}/")


if __name__ == "__main__":
    logs = Path(sys.argv[1])
    server = ForkServer(logs / "fork-server.log").start() if "forked" in sys.argv else None
    supervisor = Supervisor([web_server(int(sys.argv[2]))], os.environ, logs, fork_server=server)
    supervisor.start()
    sys.stdout.write(f"{supervisor.pid('web')}\n")
    sys.stdout.flush()
    threading.Event().wait()
