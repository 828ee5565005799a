"""From what a function returns to what the worker can read."""

import datetime
import json
import math
import os
import pathlib

from .failures import Refused

#: A JSON text up to this size travels in the message itself.
_INLINE = 65536


def write_outputs(returned, names, make_path):
    """One place for each output, by name. `make_path` gives the path of a new file. Raises Refused."""
    if returned is None and not names:
        return {}
    if not isinstance(returned, dict):
        shown = type(returned).__name__
        raise _unfit(f"The function returned a {shown} in place of a dict with the keys {', '.join(names) or 'none'}.")
    missing = [name for name in names if name not in returned]
    unknown = [str(key) for key in returned if key not in names]
    if missing or unknown:
        parts = [f"no key {name!r}" for name in missing] + [f"the key {key!r} that is no output" for key in unknown]
        raise _unfit(f"The dict that the function returned has {', '.join(parts)}.")
    return {name: _write(returned[name], name, make_path) for name in names}


def _write(value, name, make_path):
    if isinstance(value, pathlib.Path):
        return {"format": "bytes", "path": os.path.abspath(value)}
    if isinstance(value, (bytes, bytearray, memoryview)):
        path = make_path(name)
        pathlib.Path(path).write_bytes(value)
        return {"format": "bytes", "path": path}
    plain = _rows(value)
    try:
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False, default=_default)
    except (TypeError, ValueError, RecursionError) as error:
        raise _unfit(f"Output {name!r} cannot be written: {_where(plain, error)}.") from error
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= _INLINE:
        return {"format": "json", "text": text}
    path = make_path(name)
    pathlib.Path(path).write_bytes(data)
    return {"format": "json", "path": path}


def _rows(value):
    """Tables as lists of rows, missing cells as None; other values as they are."""
    library = type(value).__module__.partition(".")[0]
    if library == "pandas" and hasattr(value, "columns"):
        columns = [str(name) for name in value.columns]
        cells = [_cells(value.iloc[:, index]) for index in range(len(columns))]
        return [dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True)]
    if library == "pandas" and hasattr(value, "tolist"):
        return _cells(value)
    if library == "polars" and hasattr(value, "to_dicts"):
        return [_without_nan(row) for row in value.to_dicts()]
    if library == "pyarrow" and hasattr(value, "to_pylist"):
        return value.to_pylist()
    return value


def _cells(series):
    return series.astype(object).where(series.notna(), None).tolist()


def _without_nan(row):
    return {key: None if isinstance(cell, float) and math.isnan(cell) else cell for key, cell in row.items()}


def _default(value):
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    # numpy's arrays and scalars, by what they can do: nothing is imported for them.
    if type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if type(value).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow"):
        rows = _rows(value)
        if rows is not value:
            return rows
    raise TypeError(f"a {type(value).__name__} is no JSON value")


def _where(value, error):
    """The first place in a value that JSON cannot hold."""
    found = _search(value, "", 0)
    return found if found is not None else str(error)


def _search(value, path, depth):
    if depth > 100:
        return f"at {path[:200]} it is nested too deeply, or holds itself"
    if isinstance(value, float) and not math.isfinite(value):
        return f"at {path or '/'} is {value}"
    if isinstance(value, dict):
        wrong = next((key for key in value if not isinstance(key, (str, int, float, bool)) and key is not None), None)
        if wrong is not None:
            return f"at {path or '/'} is a key that is a {type(wrong).__name__}"
        inner = ((_search(item, f"{path}/{key}", depth + 1)) for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        inner = ((_search(item, f"{path}/{index}", depth + 1)) for index, item in enumerate(value))
    elif value is None or isinstance(value, (str, bool, int, float)):
        return None
    else:
        return _search_other(value, path, depth)
    return next((found for found in inner if found is not None), None)


def _search_other(value, path, depth):
    try:
        plain = _default(value)
    except TypeError:
        return f"at {path or '/'} is a {type(value).__module__}.{type(value).__qualname__}"
    return None if isinstance(plain, str) else _search(plain, path, depth + 1)


def _unfit(message):
    return Refused("PYTHON_OUTPUT_UNFIT", message)
