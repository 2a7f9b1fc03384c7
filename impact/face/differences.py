"""`did`: one difference-in-differences estimate in Python, with the numbers of a spec bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import impact.catalog as catalog
import impact.pipeline.fit as fitting
from impact.core.errors import Place
from impact.data.frames import frame_of
from impact.face.fitted import Fitted, names_read
from impact.plan import make_plan
from impact.schema.columns_used import COHORT_COLUMNS
from impact.schema.design_block import DesignBlock
from impact.schema.nodes import from_plain

_HERE = Place(file="did")
FAMILY = "did_"
FIELDS = ("std_error", "statistic", "p_value", "ci_low", "ci_high")


@dataclass(frozen=True, repr=False)
class Differences(Fitted):
    """A fitted difference-in-differences estimate: its effects as frames, printed as the table of its spec."""

    @property
    def design(self) -> Mapping[str, Any]:
        """Cohorts and sizes, share never treated, balance, cells without controls: the design before estimation."""
        assert self.result.design is not None
        facts: Any = self.result.design.extra["adoption"]
        return dict(facts)

    def overall(self) -> Any:
        """A data frame of the overall effects: att first, then the other aggregates."""
        return self.tidy("att")

    def event(self) -> Any:
        """A data frame of the effects by event time."""
        return self.tidy("event")

    def att_gt(self) -> Any:
        """A data frame of the effects by cohort and period."""
        return self.tidy("att_gt")

    def cohort(self) -> Any:
        """A data frame of the effects by cohort."""
        return self.tidy("cohort")

    def calendar(self) -> Any:
        """A data frame of the effects by period."""
        return self.tidy("calendar")

    def tidy(self, kind: str | None = None) -> Any:
        """A data frame of the effects of one kind, or of all, one row each, with errors, intervals and bands."""
        import pandas as pd  # frames are made only when asked for

        terms, inference = self.estimate.terms, self.inference
        columns: dict[str, Any] = {
            name: [getattr(term, attribute) for term in terms]
            for name, attribute in (
                ("term", "name"), ("kind", "kind"), ("cohort", "cohort"), ("time", "time"), ("event_time", "event_time")
            )
        }  # fmt: skip
        columns["estimate"] = self.estimate.params
        columns |= {name: getattr(inference, name) for name in FIELDS}
        if inference.band_low is not None:
            columns |= {"band_low": inference.band_low, "band_high": inference.band_high}
        frame = pd.DataFrame(columns)
        return frame if kind is None else frame[frame["kind"] == kind].reset_index(drop=True)


def did(
    data: Any,
    *,
    y: str,
    time: str,
    unit: str | None = None,
    cohort: str | None = None,
    estimator: str = "cs",
    controls: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
) -> Differences:
    """One difference-in-differences estimate.

    Arguments:
        data: a pandas, polars or pyarrow frame, or a mapping of arrays.
        y, time, unit, cohort: columns; without a unit rows are repeated cross-sections.
        estimator: keyword of the family, with or without ``did_``: cs, sa, bjs, twfe, synth …
        controls: regressors, as in a formula.
        more: further keys as a spec has them: those of ``design:`` (never, treatment, treated, from, control_group,
            anticipation, window …), those of the model (method, weights, vcov, bands, its options), and ``seed``.

    Returns:
        Differences with ``overall()``, ``event()``, ``att_gt()``, ``cohort()``, ``calendar()``, ``tidy()``.

    Raises:
        SpecError, DataError, DesignError, EstimationError: as a spec with the same content would.
    """
    design = {
        name: value
        for name, value in (("unit", unit), ("time", time), ("cohort", cohort))
        if value is not None
    }
    given = dict(more or {})
    seed = given.pop("seed", None)
    design |= {name: given.pop(name) for name in _DESIGN_KEYS if name in given}
    model = {"estimator": _keyword(estimator), "outcome": y, **given}
    if controls:
        model["controls"] = list(controls)
    spec = {"spec": 1, "data": {"file": "data"}, "design": design, "models": {"fit": model}}
    request = make_plan(from_plain(spec if seed is None else {**spec, "seed": seed}, _HERE)).models[0]
    frame = frame_of(data, names_read(request, data, COHORT_COLUMNS))
    return Differences(request, fitting.fit_design(fitting.design_of(frame, request), request, None, seed))


_DESIGN_KEYS = tuple(field.alias or name for name, field in DesignBlock.model_fields.items())


def _keyword(estimator: str) -> str:
    """The keyword of an estimator given with or without its family."""
    family = f"{FAMILY}{estimator}"
    return family if family in catalog.ESTIMATORS.names() else estimator
