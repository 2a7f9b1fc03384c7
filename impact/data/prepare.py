"""From the files of a spec to its main sample: joins, panel, derived columns, filters, checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from impact.core.frames import Frame
from impact.data.checks import run_checks
from impact.data.derive import derive_columns
from impact.data.evaluation import uses_panel
from impact.data.filters import filter_rows
from impact.data.joins import join_frames
from impact.data.panel import examine_panel
from impact.schema.data_blocks import CheckBlock, JoinBlock, PanelBlock
from impact.schema.expressions.tree import Expression


def prepare_frame(
    frames: Mapping[str, Frame],
    *,
    joins: Mapping[str, JoinBlock] | None = None,
    panel: PanelBlock | None = None,
    derive: Mapping[str, Expression] | None = None,
    filters: Mapping[str, Expression] | None = None,
    checks: Mapping[str, CheckBlock] | None = None,
    params: Mapping[str, object] | None = None,
) -> Frame:
    """The main sample.

    Arguments:
        frames: name in ``data`` → frame; the main one is called main, or is the first.
        joins, panel, derive, filters, checks, params: blocks of the spec, expressions parsed.

    Returns:
        Frame with all columns, the steps that led to its rows, and its notices.

    Raises:
        DataError: E2xx and E4xx that show on the data. SpecError: faults of expressions.
    """
    values = params or {}
    frame = join_frames(frames, joins or {})
    expressions = (*(derive or {}).values(), *(filters or {}).values())
    lagged = any(map(uses_panel, expressions))
    # a panel whose keys are derived can be examined only afterwards
    later = panel is not None and any(name in (derive or {}) for name in (*panel.unit, panel.time))
    if panel is not None and not later:
        frame = replace(frame, notices=(*frame.notices, *examine_panel(frame, panel, needed=lagged)))
    frame = derive_columns(frame, derive or {}, params=values, panel=panel)
    if panel is not None and later:
        frame = replace(frame, notices=(*frame.notices, *examine_panel(frame, panel, needed=lagged)))
    frame = filter_rows(frame, filters or {}, params=values, panel=panel)
    return run_checks(frame, checks or {}, params=values, panel=panel)
