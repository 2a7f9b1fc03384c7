"""`python -m impact` and the `impact` command."""

from __future__ import annotations

import os

import impact.cli.main as command_line

# one thread in each matrix product: threads would change the order of sums, and cost more than they save here
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Run the command line and leave with its exit status."""
    for name in BLAS_THREADS:
        os.environ.setdefault(name, "1")
    command_line.main()


if __name__ == "__main__":
    main()
