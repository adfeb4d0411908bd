"""Run a command that dies with its parent: `python -I -S spawn.py PARENT_PID COMMAND…`.

A script of its own rather than `preexec_fn`, which is unsafe when the parent has threads (Python's subprocess manual).
Linux keeps the death signal over exec (prctl(2), PR_SET_PDEATHSIG); elsewhere the pid file does the job at next start.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main() -> None:
    """Ask for the signal, then become the command; the process id stays the same."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the command is ours, no shell is wanted


if __name__ == "__main__":
    main()
