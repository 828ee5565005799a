"""Messages between a worker and a Python process: JSON in frames, on descriptors that nothing else uses."""

import json
import os
import struct
import threading

REQUESTS = 3
REPLIES = 4
LIFE = 5

_HEADER = struct.Struct(">I")
LONGEST_FRAME = 32 * 2**20


class Channel:
    """One message at a time in each direction; sending is safe from every thread."""

    def __init__(self, requests=REQUESTS, replies=REPLIES):
        self._requests = requests
        self._replies = replies
        self._lock = threading.Lock()

    def read(self):
        """The next message, or None when the worker has closed its end."""
        header = self._take(_HEADER.size)
        body = None if header is None else self._take(_HEADER.unpack(header)[0])
        return None if body is None else json.loads(body)

    def send(self, message):
        body = json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        if len(body) > LONGEST_FRAME:
            raise ValueError(f"A message of {len(body)} bytes is longer than {LONGEST_FRAME}.")
        frame = memoryview(_HEADER.pack(len(body)) + body)
        with self._lock:
            while frame:
                frame = frame[os.write(self._replies, frame) :]

    def _take(self, length):
        pieces = []
        while length > 0:
            piece = os.read(self._requests, min(length, 2**20))
            if not piece:
                return None
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)
