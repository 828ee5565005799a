"""What the worker is told of an exception."""

import os
import traceback

_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LONGEST_MESSAGE = 1800
_LONGEST_TRACEBACK = 3800
_BEGINNING = 800


class Refused(Exception):
    """A fault of the node's definition, or of what its function returned, with the code under which it is documented."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def describe(error):
    """Name, message and traceback of an exception, without the frames that are Pipewright's own."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    return {
        "code": error.code if isinstance(error, Refused) else _code(error),
        "name": name,
        "message": _text(error)[:_LONGEST_MESSAGE],
        "traceback": _traceback(error),
        "retryable": getattr(error, "retryable", True) is not False,
    }


def _code(error):
    return "PYTHON_OUT_OF_MEMORY" if isinstance(error, MemoryError) else "PYTHON_EXCEPTION"


def _text(error):
    try:
        return str(error)
    except Exception:  # its own __str__ may do anything
        return "(its text cannot be shown)"


def _traceback(error):
    try:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OWN):
            trace = trace.tb_next
        text = "".join(traceback.format_exception(type(error), error, trace))
    except Exception:
        return ""
    if len(text) <= _LONGEST_TRACEBACK:
        return text
    # The last lines say most; the first ones say what was called.
    end = _LONGEST_TRACEBACK - _BEGINNING
    return f"{text[:_BEGINNING]}\n  […]\n{text[-end:]}"
