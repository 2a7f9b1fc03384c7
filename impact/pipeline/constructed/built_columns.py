"""The prepared frame of a plan: cells completed, files joined, columns derived and built in the order they need.

Derived columns that read nothing built come first, then money, rates and exposure, then the other derived columns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import impact.data.prepare as data_prepare
from impact.core.frames import Frame
from impact.data.constructed.completion import complete_panel
from impact.data.constructed.exposure import add_exposures
from impact.data.constructed.prices import add_real_money
from impact.data.constructed.rates import add_rates
from impact.data.derive import derive_columns
from impact.plan import Plan
from impact.schema.constructed.files import built_names
from impact.schema.expressions.tree import Expression, columns_of


def build_columns(plan: Plan, frames: Mapping[str, Frame]) -> Frame:
    """The main frame with all joined, derived and built columns but instruments.

    Raises:
        DataError: E2xx and E4xx of files, joins, blocks and expressions.
    """
    spec = plan.spec
    main = "main" if "main" in frames else next(iter(frames))
    frames = {**frames, main: complete_panel(frames[main], spec.complete)}
    made = built_names(spec)
    later = derived_after(plan.derive, made)
    frame = data_prepare.prepare_frame(
        frames,
        joins=spec.joins,
        panel=spec.panel,
        derive={name: expression for name, expression in plan.derive.items() if name not in later},
        params=spec.params,
    )
    if not made:
        return frame
    frame = add_real_money(frame, frames, spec.deflate)
    frame = add_rates(frame, spec.rates)
    frame = add_exposures(frame, frames, spec.exposure, spec.denominator_year)
    rest = {name: expression for name, expression in plan.derive.items() if name in later}
    frame = derive_columns(frame, rest, params=spec.params, panel=spec.panel)
    order = [name for name in frame.columns if name not in plan.derive]
    return replace(frame, columns={name: frame.columns[name] for name in (*order, *plan.derive)})


def derived_after(derive: Mapping[str, Expression], made: Collection[str]) -> set[str]:
    """The derived columns that read a built one, directly or through others."""
    later: set[str] = set()
    while True:
        more = {
            name
            for name, expression in derive.items()
            if name not in later
            and any(use.name in made or use.name in later for use in columns_of(expression))
        }
        if not more:
            return later
        later |= more
