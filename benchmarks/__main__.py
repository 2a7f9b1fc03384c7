"""`python -m benchmarks`: every benchmark in turn, each in its own process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

for name in ("startup", "small_fit", "ols", "two_way", "many_factors", "counts", "event_study"):
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, str(HERE / f"{name}.py"), *sys.argv[1:]], check=True)
