"""The Python side of Pipewright's Python nodes. It needs nothing but the standard library."""
