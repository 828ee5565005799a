"""Lets MLflow's own scoring server serve a Pipewright model: Python passes rows on, Node predicts.

Needs Node.js 22 or newer: `node` on PATH, or the path of it in PIPEWRIGHT_NODE.
"""

import datetime
import json
import math
import os
import shutil
import subprocess
import threading

import mlflow
from mlflow.exceptions import MlflowException


class PipewrightModel(mlflow.pyfunc.PythonModel):
    def __init__(self):
        self._folder = os.path.dirname(os.path.abspath(__file__))
        self._lock = threading.Lock()
        self._process = None
        self._pid = None
        self._requests = 0
        with open(os.path.join(self._folder, "pipewright.json"), encoding="utf-8") as file:
            self._schema = json.load(file)["inputSchema"]

    def predict(self, context, model_input, params=None):
        rows = [self._row(row) for row in _records(model_input)]
        with self._lock:
            answer = self._ask(rows)
        error = answer.get("error")
        if error is None:
            return answer["predictions"]
        if error["code"] == "INVALID_MODEL_INPUT":
            raise MlflowException.invalid_parameter_value(error["message"])
        raise MlflowException(f"{error['code']}: {error['message']}")

    def _ask(self, rows):
        process = self._running()
        self._requests += 1
        try:
            process.stdin.write(json.dumps({"id": self._requests, "rows": rows}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        if line:
            return json.loads(line)
        code = process.wait()
        self._process = None
        raise MlflowException(f"The model's Node process ended with {code}; see its output above.")

    def _running(self):
        # a server that forks its workers must not share one child among them
        if self._process is not None and self._pid == os.getpid() and self._process.poll() is None:
            return self._process
        node = os.environ.get("PIPEWRIGHT_NODE") or shutil.which("node")
        if node is None:
            raise MlflowException("This model needs Node.js: put `node` on PATH, or set PIPEWRIGHT_NODE.")
        self._process = subprocess.Popen(
            [node, os.path.join(self._folder, "code", "serve.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._pid = os.getpid()
        ready = self._process.stdout.readline()
        if not ready:
            code = self._process.wait()
            self._process = None
            raise MlflowException(f"The model's Node process ended with {code}; see its output above.")
        return self._process

    def _row(self, row):
        """A row as JSON: pandas fills gaps with None or NaN, which stands for null only where null is allowed."""
        row = _plain(row)
        properties = self._schema.get("properties")
        if not isinstance(row, dict) or not isinstance(properties, dict):
            return row
        return {
            name: value
            for name, value in row.items()
            if value is not None or _allows_null(properties.get(name, {}))
        }


def _records(data):
    """Rows of whatever MLflow hands over: a data frame, columns by name, or a list."""
    if hasattr(data, "to_dict") and hasattr(data, "columns"):
        if list(data.columns) == [0]:
            return data[0].tolist()
        return data.to_dict("records")
    if isinstance(data, dict):
        columns = {name: _plain(values) for name, values in data.items()}
        count = len(next(iter(columns.values()), []))
        return [{name: values[i] for name, values in columns.items()} for i in range(count)]
    return list(data)


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return None if value != value else value.isoformat()
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and math.isnan(value):
        return None
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return value


def _allows_null(schema):
    kind = schema.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return True
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        return any(_allows_null(alternative) for alternative in alternatives)
    return kind is None and "enum" not in schema and "const" not in schema and "$ref" not in schema


mlflow.models.set_model(PipewrightModel())
