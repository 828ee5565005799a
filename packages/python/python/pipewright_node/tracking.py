"""Lets a function that logs to MLflow by itself write into the run that Pipewright records its node in."""

import functools
import os
import sys
import time

#: The record of a node is made a moment after it was told that the node runs. Nobody waits longer for it, in seconds.
_PATIENCE = 30
_PAUSE = 0.2

_current = None


class Tracking:
    """The run of one attempt in MLflow. Nothing is asked of MLflow before the function uses it."""

    def __init__(self, uri, key, log):
        self._uri = uri
        self._key = key
        self._log = log
        self._run = None
        self._looked = False

    def begin(self):
        """From here on `mlflow.start_run`, and every log without an active run, means the node's run."""
        global _current
        _current = self
        self.watch()

    def watch(self):
        """Takes notice of an `mlflow` that was imported meanwhile."""
        if self._uri is not None and "mlflow.tracking.fluent" in sys.modules:
            _wrap(sys.modules["mlflow"], sys.modules["mlflow.tracking.fluent"])

    def end(self, succeeded):
        """Ends the node's run, if the function has left it open."""
        global _current
        _current = None
        mlflow = sys.modules.get("mlflow")
        active = None if self._run is None or mlflow is None else mlflow.active_run()
        if active is not None and active.info.run_id == self._run:
            mlflow.end_run("FINISHED" if succeeded else "FAILED")

    def run_id(self):
        """Id of the node's run; None when nobody has recorded it in time."""
        if not self._looked:
            self._looked = True
            self._run = self._find()
            if self._run is None:
                self._log.warning("MLflow has no run of this node: what the function logs goes into a run of its own")
        return self._run

    def _find(self):
        import mlflow

        if "MLFLOW_TRACKING_URI" not in os.environ:
            mlflow.set_tracking_uri(self._uri)
        client = mlflow.MlflowClient()
        end = time.monotonic() + _PATIENCE
        while True:
            experiments = [each.experiment_id for each in client.search_experiments()]
            found = client.search_runs(experiments, f"tags.`pipewright.key` = '{self._key}'", max_results=1)
            if found:
                return found[0].info.run_id
            if time.monotonic() > end:
                return None
            time.sleep(_PAUSE)


def _wrap(mlflow, fluent):
    if hasattr(fluent.start_run, "pipewright"):
        return
    original = fluent.start_run

    @functools.wraps(original)
    def start_run(*args, **kwargs):
        is_plain = not args and "run_id" not in kwargs and not kwargs.get("nested")
        if is_plain and _current is not None and fluent.active_run() is None:
            found = _current.run_id()
            if found is not None:
                return original(run_id=found)
        return original(*args, **kwargs)

    start_run.pipewright = True
    fluent.start_run = start_run
    mlflow.start_run = start_run
