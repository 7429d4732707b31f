"""A command that uses the embedded servers until its input ends or it is killed."""

import sys
from pathlib import Path

from kundentakt.servers.embedded import EmbeddedServers
from kundentakt.supervisor.installation import Installation

if __name__ == "__main__":
    with EmbeddedServers(
        installation=Installation(Path(sys.argv[1])), durable=False, environment={}
    ) as servers:
        sys.stdout.write(f"{servers.admin_database_url()} {servers.redis_url}\n")
        sys.stdout.flush()
        sys.stdin.read()
