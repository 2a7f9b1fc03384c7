"""`impact run --twice`: everything once more elsewhere, compared byte by byte."""

from __future__ import annotations

from collections.abc import Sequence

from impact.pipeline.study import StudyOptions


def compare_again(files: Sequence[str], options: StudyOptions) -> int:
    """Run everything again elsewhere and compare all bytes but the log and the run block."""
    from impact.pipeline.finished.verify import run_again  # only --twice needs it

    status = 0
    for spec in files:
        differing = run_again(spec, options)
        print(
            f"{spec}: "
            + (f"differs: {', '.join(differing)}" if differing else "the second run is byte-identical")
        )
        status = 6 if differing else status
    return status
