"""From what the worker gives to what a function's annotation asks for."""

import json
import pathlib

from .failures import Refused


def read_argument(given, kind):
    """One argument. `given` holds the text of a small JSON value, or the path and the format of a file."""
    form = given["format"]
    if kind == "path":
        return pathlib.Path(given["path"])
    if form == "parquet":
        return _of_parquet(given["path"], kind)
    if form == "arrow":
        return _of_arrow(given["path"], kind)
    data = given["text"] if "text" in given else pathlib.Path(given["path"]).read_bytes()
    if form == "bytes":
        return data
    if form == "text":
        return data if kind == "bytes" else data.decode()
    return _of_json(json.loads(data), kind, given.get("columns"))


def _of_json(value, kind, columns):
    if kind == "value":
        return value
    if kind == "bytes":
        raise Refused("PYTHON_ARGUMENT_UNFIT", "It is annotated as bytes, and its dataset is a JSON value.")
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Refused("PYTHON_ARGUMENT_UNFIT", "It is annotated as a table, and its dataset is no list of objects.")
    if kind == "pandas":
        import pandas

        # An empty table has its columns all the same.
        return pandas.DataFrame(value, columns=columns if not value else None)
    if kind == "polars":
        import polars

        return polars.DataFrame(value, schema=columns if not value else None, infer_schema_length=None)
    import pyarrow

    if not value and columns:
        return pyarrow.table({name: pyarrow.nulls(0) for name in columns})
    return pyarrow.Table.from_pylist(value)


def _of_parquet(path, kind):
    if kind == "pandas":
        import pandas

        return pandas.read_parquet(path)
    if kind == "polars":
        import polars

        return polars.read_parquet(path)
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    return table if kind == "arrow" else table.to_pylist()


def _of_arrow(path, kind):
    if kind == "polars":
        import polars

        return polars.read_ipc(path, memory_map=False)
    import pyarrow.feather

    table = pyarrow.feather.read_table(path, memory_map=False)
    if kind == "pandas":
        return table.to_pandas()
    return table if kind == "arrow" else table.to_pylist()
