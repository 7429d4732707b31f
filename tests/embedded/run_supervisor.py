"""A command that supervises one web server until it is killed: `run_supervisor.py LOGS PORT`."""

import os
import sys
import threading
from pathlib import Path

from kundentakt.supervisor.processes import Program, Supervisor


def web_server(port: int) -> Program:
    """The standard library's, which answers 200 on /."""
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    return Program(name="web", command=command, ready_url=f"http://127.0.0.1:{port}/")


if __name__ == "__main__":
    supervisor = Supervisor([web_server(int(sys.argv[2]))], os.environ, Path(sys.argv[1]))
    supervisor.start()
    sys.stdout.write(f"{supervisor.pid('web')}\n")
    sys.stdout.flush()
    threading.Event().wait()
