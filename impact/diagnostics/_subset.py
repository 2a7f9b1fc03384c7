"""A design with rows removed, for refits that leave something out."""

from __future__ import annotations

import numpy as np

from impact.core.arrays import Logicals
from impact.core.designs import Design
from impact.core.frames import Step
from impact.core.rows.design_rows import design_on_rows


def drop_rows(design: Design, mask: Logicals, *, reason: str = "left out") -> Design:
    """The design without the rows where ``mask`` (n,) is true; factors keep only the levels that are left."""
    step = Step(name="leave_out", reason=reason, dropped=int(np.count_nonzero(mask)))
    return design_on_rows(design, ~mask, step)
