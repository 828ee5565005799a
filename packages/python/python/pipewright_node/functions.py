"""The user's functions: found by module and name, and described by their signatures."""

import importlib
import inspect
import sys
import typing

from .failures import Refused

#: What an annotation asks for. Anything else is given as the plain value.
_KINDS = {
    ("pandas", "DataFrame"): "pandas",
    ("polars", "DataFrame"): "polars",
    ("pyarrow", "Table"): "arrow",
    ("pathlib", "Path"): "path",
    ("builtins", "bytes"): "bytes",
}
#: The same as text, where an annotation cannot be evaluated, such as one that is imported for type checkers alone.
_TEXTS = {
    "pandas.DataFrame": "pandas",
    "pd.DataFrame": "pandas",
    "polars.DataFrame": "polars",
    "pl.DataFrame": "polars",
    "pyarrow.Table": "arrow",
    "pa.Table": "arrow",
    "pathlib.Path": "path",
    "Path": "path",
    "bytes": "bytes",
}


class Functions:
    """Finds functions; each module is imported once, as always in Python."""

    def __init__(self):
        self._known = {}

    def find(self, folder, module, name):
        """The function and its description. Raises what the import raises, and Refused."""
        key = (folder, module, name)
        if key not in self._known:
            if folder not in sys.path:
                sys.path.append(folder)
            self._known[key] = _find(folder, module, name)
        return self._known[key]


def _find(folder, module, name):
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        # One that the module itself imports and that is not installed is another matter.
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            message = f"There is no Python module {module!r} in {folder}."
            raise Refused("PYTHON_FUNCTION_NOT_FOUND", message) from error
        raise
    function = found
    for part in name.split("."):
        function = getattr(function, part, None)
    if not callable(function):
        names = ", ".join(sorted(key for key, value in vars(found).items() if inspect.isfunction(value)))
        message = f"Python module {module!r} has no function {name!r}. It has: {names or 'none'}."
        raise Refused("PYTHON_FUNCTION_NOT_FOUND", message)
    return function, _describe(function)


def _describe(function):
    parameters = inspect.signature(function).parameters.values()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # names that only type checkers can see
        hints = {}
    return {
        "kinds": {p.name: _kind(hints.get(p.name, p.annotation)) for p in named},
        "required": [p.name for p in named if p.default is p.empty],
        "open": any(p.kind is p.VAR_KEYWORD for p in parameters),
        "positional": [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY and p.default is p.empty],
    }


def _kind(annotation):
    if isinstance(annotation, str):
        return _TEXTS.get(annotation.strip(), "value")
    module = (getattr(annotation, "__module__", None) or "").partition(".")[0]
    return _KINDS.get((module, getattr(annotation, "__qualname__", None)), "value")
