"""A module that ends the interpreter at import, like a crash in compiled code."""

import os

os._exit(7)
