"""Values between nodes that the project's catalog does not keep: bytes that say how they are to be read."""

import io
import json
import pickle

_JSON = b"pipewright/json\n"
_PARQUET = b"pipewright/parquet\n"
_PICKLE = b"pipewright/pickle\n"
_SAVED = b"pipewright/saved\n"


class NotPassable(Exception):
    """A value that would have to be pickled where that is not allowed. No other attempt can avoid it."""

    retryable = False


def saved(name, version):
    """Stands for a dataset that the project's own catalog has saved."""
    return _SAVED + json.dumps({"dataset": name, "version": version}).encode()


def saved_version(data):
    """The version under which the catalog saved it, if `data` stands for such a dataset and it is versioned."""
    return json.loads(data[len(_SAVED) :])["version"] if data.startswith(_SAVED) else None


def is_saved(data):
    return data.startswith(_SAVED)


def write(name, value, allow_pickle):
    """A value as bytes: JSON and Parquet where they bring it back as it was, else pickle."""
    text = _as_json(value)
    if text is not None:
        return _JSON + text
    table = _as_parquet(value)
    if table is not None:
        return _PARQUET + table
    if allow_pickle:
        return _PICKLE + pickle.dumps(value, protocol=5)
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise NotPassable(
        f"Dataset {name!r} is a {kind}, which only pickle can pass to another process. Give it an entry in the "
        "project's catalog.yml, or import the project with --allow-pickle."
    )


def read(name, data, allow_pickle):
    if data.startswith(_JSON):
        return json.loads(data[len(_JSON) :])
    if data.startswith(_PARQUET):
        import pandas

        return pandas.read_parquet(io.BytesIO(data[len(_PARQUET) :]))
    if data.startswith(_PICKLE) and allow_pickle:
        # Written by `write` in a node of this run; the worker has compared it with the hash in the ledger.
        return pickle.loads(data[len(_PICKLE) :])
    raise NotPassable(f"Dataset {name!r} cannot be read: it is pickled, and the project was imported without --allow-pickle.")


def _as_json(value):
    """Only what comes back equal and of the same types: no tuple, no key that is no text."""
    if not _is_plain(value, 0):
        return None
    return json.dumps(value, ensure_ascii=False, allow_nan=True).encode("utf-8", "surrogatepass")


def _is_plain(value, depth):
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return True
    if depth > 100:
        return False
    if kind is list:
        return all(_is_plain(item, depth + 1) for item in value)
    return kind is dict and all(type(key) is str and _is_plain(item, depth + 1) for key, item in value.items())


def _as_parquet(value):
    if type(value).__module__.partition(".")[0] != "pandas" or not hasattr(value, "to_parquet"):
        return None
    buffer = io.BytesIO()
    try:
        value.to_parquet(buffer)
        back = type(value)(__import__("pandas").read_parquet(io.BytesIO(buffer.getvalue())))
        return buffer.getvalue() if back.equals(value) else None
    except Exception:  # no engine for Parquet is installed, or a column has no type of it
        return None
