"""Entry of a Python process of Pipewright: `python -I pipewright_main.py FOLDER`."""

import os
import sys

# `-I` keeps the folder of this file, the working directory and PYTHONPATH off the path.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from pipewright_node.host import serve  # noqa: E402

sys.path.pop(0)
serve(sys.argv[1])
