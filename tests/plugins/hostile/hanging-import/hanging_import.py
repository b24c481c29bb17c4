"""Says so, and waits at import for something that never comes."""

import sys
import threading

print("hanging-import hangs", file=sys.stderr, flush=True)
threading.Event().wait()
