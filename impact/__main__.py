"""`python -m impact` and the `impact` command."""

from __future__ import annotations

import impact.cli.main as command_line


def main() -> None:
    """Run the command line and leave with its exit status."""
    command_line.main()


if __name__ == "__main__":
    main()
