"""A module whose import prints a message and never ends."""

import sys
import threading

print("hanging-import hangs", file=sys.stderr, flush=True)
threading.Event().wait()
