"""Makes the helpers of tests/integration and tests/sim importable. Import it before them: they come
first, so that `peers` means the misbehaving ones of tests/integration."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("sim", "integration"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), folder))
