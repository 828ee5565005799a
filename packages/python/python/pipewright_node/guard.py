"""Leaves no process behind, whatever ends the worker."""

import os
import shutil
import signal


def start_guard(life, others, folder):
    """Forks a process that waits for the end of the worker, and then ends this process with all that it has started.

    A thread of this process could not do it: native code that holds the interpreter's lock would hold the thread too.
    `life` is a pipe of which the worker has the other end. A byte on it says that there is nothing to do any more; its
    end without a byte says that the worker is gone. `folder`, the temporary one of this process, goes in both cases.
    """
    group = os.getpid()
    if os.fork() != 0:
        os.close(life)
        return
    # Out of the group that it may have to end, and holding no pipe that others wait for.
    os.setsid()
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2, *others):
        os.dup2(silence, descriptor)
    try:
        word = os.read(life, 1)
    except OSError:
        word = b""
    if word == b"":
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
