"""What a function receives that has a parameter named `context`."""

import math
import threading

from .tracking import Tracking


class Context:
    """The attempt that a function runs in.

    `run_id`, `node`, `attempt` and `idempotency_key` say which one; the key is the same for every attempt of a node run.
    """

    def __init__(self, channel, call):
        given = call["context"]
        self.run_id = given["runId"]
        self.node = given["node"]
        self.attempt = given["attempt"]
        self.idempotency_key = given["idempotencyKey"]
        self.log = Log(channel, call["id"])
        key = f"{self.run_id}/{self.node}/{self.attempt}"
        self._tracking = Tracking(given.get("trackingUri"), key, self.log)
        self._channel = channel
        self._id = call["id"]
        self._cancelled = threading.Event()

    @property
    def cancelled(self):
        """True once the run is cancelled or the node's timeout has come. The process is ended half a second later."""
        return self._cancelled.is_set()

    def metric(self, key, value, step=0):
        """Records a metric of the node's MLflow run, stamped with the time at which the worker hears of it.

        Raises TypeError for a value that is no number, or a step that is no whole number.
        """
        number = float(value)
        whole = int(step)
        if whole != step:
            raise TypeError(f"The step of metric {key!r} must be a whole number, not {step!r}.")
        shown = number if math.isfinite(number) else _not_finite(number)
        message = {"type": "metric", "id": self._id, "key": str(key), "value": shown, "step": whole}
        self._channel.send(message)

    def _cancel(self):
        self._cancelled.set()


class Log:
    """The node's log. Fields are shown beside the message; what JSON cannot hold is shown as text."""

    def __init__(self, channel, call_id):
        self._channel = channel
        self._id = call_id

    def debug(self, message, **fields):
        self._write("debug", message, fields)

    def info(self, message, **fields):
        self._write("info", message, fields)

    def warning(self, message, **fields):
        self._write("warn", message, fields)

    def error(self, message, **fields):
        self._write("error", message, fields)

    def _write(self, level, message, fields):
        shown = {str(key): _plain(value) for key, value in fields.items()}
        line = {"type": "log", "id": self._id, "level": level, "message": str(message)[:8192]}
        self._channel.send({**line, "fields": shown})


def _not_finite(number):
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def _plain(value):
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return str(value)[:2000]
