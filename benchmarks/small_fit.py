"""A fit of a 1,000-row panel inside one process: what a Monte Carlo study pays for each draw."""

from __future__ import annotations

from contenders import contenders
from harness import Case, main
from two_way import panel

CASES = {
    "effects": Case(
        "1,000 rows, 100 units x 10 periods, clustered",
        lambda: panel(100, 10),
        contenders("y ~ x1 + x2 | unit + time", "unit", ["x1", "x2"]),
    ),
    "plain": Case("1,000 rows, hc1", lambda: panel(100, 10), contenders("y ~ x1 + x2", None, ["x1", "x2"])),
}

if __name__ == "__main__":
    main(CASES)
