"""Become another program that dies with the process that started it.

Run as a script: `tether.py SIGNAL PARENT UID GID PROGRAM ARGUMENTS...` (UID `-`: stay who we are).
A script of its own and not a `preexec_fn`, which is unsafe once the starter has threads. It knows
the standard library alone, since it runs without site-packages to start in a few milliseconds.

On Linux the kernel sends SIGNAL when the *thread* that started us ends (prctl(2),
PR_SET_PDEATHSIG), so start from a thread that lives as long as the program shall. Elsewhere the
program outlives a killed starter until the next start finds and ends it.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    signal, parent, uid, gid = sys.argv[1:5]
    program = sys.argv[5:]
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if library is not None:
        # After the change of user, which clears it.
        library.prctl(_PR_SET_PDEATHSIG, int(signal))
    if os.getppid() != int(parent):
        sys.exit(1)  # the starter died before the tether held
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
