"""The life of a Python process: it imports functions and runs one call after the other."""

import faulthandler
import os
import platform
import queue
import sys
import threading

from .arguments import read_argument
from .channel import LIFE, REPLIES, REQUESTS, Channel
from .context import Context
from .failures import Refused, describe
from .functions import Functions
from .guard import start_guard
from .outputs import write_outputs


def serve(folder):
    """Serves the worker at the other end of the pipes until it closes them. `folder` is for the files of calls."""
    # Before any thread is started: a fork copies only the one that forks.
    start_guard(LIFE, (REQUESTS, REPLIES), folder)
    # What the function starts must not hold the pipes open.
    for descriptor in (REQUESTS, REPLIES):
        os.set_inheritable(descriptor, False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    faulthandler.enable()
    Host(Channel(), folder).run()


class Host:
    def __init__(self, channel, folder):
        self._channel = channel
        self._folder = folder
        self._functions = Functions()
        self._requests = queue.SimpleQueue()
        self._context = None
        self._cancelled = set()
        self._files = 0

    def run(self):
        threading.Thread(target=self._listen, name="pipewright", daemon=True).start()
        self._channel.send({"type": "ready", "version": platform.python_version()})
        while True:
            request = self._requests.get()
            # The user's function is called in the main thread, as libraries with signals or windows want it.
            reply = self._load(request) if request["type"] == "load" else self._call(request)
            self._finish(request)
            self._channel.send(reply)

    def _listen(self):
        while True:
            request = self._channel.read()
            if request is None:
                # The worker has no more use for this process. No function runs: then it would have ended it otherwise.
                os._exit(0)
            if request["type"] == "cancel":
                self._cancel(request["id"])
            else:
                self._requests.put(request)

    def _cancel(self, call_id):
        context = self._context
        if context is not None and context._id == call_id:
            context._cancel()
        else:
            self._cancelled.add(call_id)

    def _load(self, request):
        try:
            _, description = self._functions.find(request["folder"], request["module"], request["function"])
            return {"type": "loaded", "id": request["id"], "description": description}
        except BaseException as error:
            return {"type": "failed", "id": request["id"], "error": describe(error)}

    def _call(self, call):
        context = Context(self._channel, call)
        self._context = context
        if call["id"] in self._cancelled:
            context._cancel()
        succeeded = False
        try:
            function, description = self._functions.find(call["folder"], call["module"], call["function"])
            arguments = {**call["params"], **self._arguments(call, description["kinds"])}
            if "context" in description["kinds"] and "context" not in arguments:
                arguments["context"] = context
            context._tracking.begin()
            outputs = write_outputs(function(**arguments), call["outputs"], self._make_path)
            succeeded = True
            return {"type": "result", "id": call["id"], "outputs": outputs}
        except BaseException as error:
            return {"type": "failed", "id": call["id"], "error": describe(error)}
        finally:
            self._end_tracking(context, succeeded)
            self._context = None
            self._cancelled.discard(call["id"])

    def _end_tracking(self, context, succeeded):
        try:
            context._tracking.end(succeeded)
        except Exception as error:  # an MLflow that is away fails no node
            context.log.warning(f"The run in MLflow could not be ended: {error}")

    def _arguments(self, call, kinds):
        read = {}
        for name, given in call["arguments"].items():
            try:
                read[name] = read_argument(given, kinds.get(name, "value"))
            except Refused as error:
                raise Refused(error.code, f"Argument {name!r} cannot be given to the function. {error}") from error
        return read

    def _make_path(self, name):
        self._files += 1
        return os.path.join(self._folder, f"out-{self._files}")

    def _finish(self, request):
        """Lets everything that was printed leave before the reply, and marks its end."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # the function may have closed or replaced it
                pass
        mark = f"\0{request['mark']}\n".encode()
        for descriptor in (1, 2):
            try:
                os.write(descriptor, mark)
            except OSError:
                pass
