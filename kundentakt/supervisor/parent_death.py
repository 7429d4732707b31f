"""Run another program that the kernel ends together with the process that started it.

Run as a script: `parent_death.py SIGNAL PARENT UID GID PROGRAM ARGUMENTS...` (UID `-` keeps
the user). It is a script and not a `preexec_fn`, because that is unsafe if the starter has threads.
It imports the standard library alone, because it runs without site-packages to start fast.

On Linux the kernel sends SIGNAL when the *thread* that started us ends (prctl(2),
PR_SET_PDEATHSIG), so start from a thread that lives as long as the program must. On other systems
the program outlives a killed starter until the next start finds it and ends it.
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
        # After the change of user, because that clears the setting.
        library.prctl(_PR_SET_PDEATHSIG, int(signal))
    if os.getppid() != int(parent):
        sys.exit(1)  # the starter died before the kernel knew our request
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
