"""`did`: one difference-in-differences estimate in Python, with the numbers of a spec bit for bit."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import impact.catalog as catalog
import impact.pipeline.fit as fitting
from impact.core.errors import Place, SpecError
from impact.core.texts import fault, text
from impact.data.frames import frame_of
from impact.face.arguments import check_kinds, checked_call, wrong_value
from impact.face.fitted import NAME, Fitted, names_read, new_notices, notices_of, own_columns, sealed
from impact.face.frames_out import frame_out
from impact.face.specs import Spec
from impact.face.warned import warn
from impact.plan import make_plan
from impact.schema.columns_used import COHORT_COLUMNS
from impact.schema.design_block import DesignBlock
from impact.schema.nodes import from_plain

_HERE = Place(file="did")
FAMILY = "did_"
KINDS = ("att", "event", "att_gt", "cohort", "calendar", "dose", "coef", "mean", "difference")
FIELDS = ("std_error", "statistic", "p_value", "ci_low", "ci_high")


@dataclass(frozen=True, repr=False, eq=False)
class Differences(Fitted):
    """A fitted difference-in-differences estimate: its effects as frames, printed as the table of its spec."""

    @property
    def design(self) -> Mapping[str, Any]:
        """Cohorts and sizes, share never treated, balance, cells without controls: the design before estimation."""
        facts: Any = self.part().facts["extra"]["adoption"]
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

    @checked_call
    def tidy(self, kind: str | None = None) -> Any:
        """A data frame of the effects of one kind, or of all, one row each, with errors, intervals and bands.

        Raises:
            SpecError: E609 another kind.
        """
        terms, found = self.estimate.terms, self.inference
        kinds = [term.kind for term in terms]
        if kind is not None and kind not in KINDS:
            raise wrong_value("kind", kind, KINDS, function="tidy")
        rows = [j for j, one in enumerate(kinds) if kind in (None, one)]
        columns: dict[str, Any] = {
            name: [getattr(terms[j], attribute) for j in rows]
            for name, attribute in (
                ("term", "name"), ("kind", "kind"), ("cohort", "cohort"), ("time", "time"), ("event_time", "event_time")
            )
        }  # fmt: skip
        columns["estimate"] = self.estimate.params[rows]
        columns |= {name: getattr(found, name)[rows] for name in FIELDS}
        if found.band_low is not None and found.band_high is not None:
            columns |= {"band_low": found.band_low[rows], "band_high": found.band_high[rows]}
        return frame_out(columns)

    @checked_call
    def honest(
        self,
        m: float | Sequence[float] | None = None,
        *,
        restriction: str | Sequence[str] | None = None,
        target: str | float | Sequence[float] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Any:
        """Intervals that hold when trends are not parallel, but not too far from it (Rambachan and Roth 2023).

        Arguments:
            m: bounds M̄ of departures after treatment, relative to the largest one before it. restriction:
                relative_magnitude (with ``m``, the default), smoothness, relative_smoothness, or several.
            target: first, average, an event time, or weights. more: further options of test ``honest_did``.

        Returns:
            Answer: ``tidy()`` has one row a bound, ``statistic`` is the breakdown value.

        Raises:
            DesignError: E590–E594 an event study that gives none. SpecError: E621, E622 options.
        """
        from impact.face.answers import honest  # tests load when one is asked for

        check_kinds("honest", more=(more, "a mapping"))
        given = {"m": m, "restriction": restriction, "target": target}
        options = {name: _plain(value) for name, value in given.items() if value is not None}
        if isinstance(options.get("m"), (int, float)):
            options["m"] = [options["m"]]
        if m is not None and restriction is None:
            options["restriction"] = "relative_magnitude"
        return honest(self, options | dict(more or {}))

    @checked_call
    def summary(self, *, vcov: Any = None, ssc: Any = None) -> Differences:
        """The same effects with another variance; printing it shows the table.

        Raises:
            SpecError: E181 a variance the estimator does not have, E697 a fit read from JSON without its data.
        """
        if vcov is None and ssc is None:
            return self
        self.live()
        asked = self.with_asked(self.own_vcov() if vcov is None else vcov, ssc)
        whole = (
            asked
            if isinstance(asked, Spec)
            else Spec.from_dict({"spec": 1, "data": {"file": "data"}, **asked})
        )
        request = next(one for one in make_plan(whole.tree).models if one.name == self.request.name)
        data = self.rows_of(request, COHORT_COLUMNS)
        result = fitting.fit_design(fitting.design_of(data, request), request, self.result.group, self.seed())
        warn(new_notices(result, self.result), level=3)
        return replace(self, request=request, result=sealed(result), frame=data, asked=asked, stored=None)

    def predict(self, new: Any = None) -> Any:
        """Refused: designs estimate effects, not outcomes.

        Raises:
            SpecError: E607.
        """
        what, advice = text("face.no_predictions"), text("face.advice_effects")
        place = Place(file="predict")
        raise SpecError(
            fault("E607", place=place, what=what, estimator=self.request.estimator, advice=advice)
        )


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float)) else list(value)


@checked_call
def did(  # noqa: PLR0913 - columns by keyword, the rest in `more`
    data: Any,
    *,
    y: str,
    time: str,
    unit: str | None = None,
    cohort: str | None = None,
    estimator: str = "cs",
    controls: str | Sequence[str] = (),
    keep_data: bool = False,
    more: Mapping[str, Any] | None = None,
) -> Differences:
    """One difference-in-differences estimate.

    Arguments:
        data: a pandas, polars or pyarrow frame, or a mapping of arrays.
        y, time, unit, cohort: columns; without a unit rows are repeated cross-sections.
        estimator: keyword of the family, with or without ``did_``: cs, sa, bjs, twfe, synth …
        controls: regressors, as in a formula. keep_data: ``to_json`` and pickles hold the data.
        more: further keys as a spec has them: those of ``design:`` (never, treatment, treated, from, control_group,
            anticipation, window …), those of the model (method, weights, vcov, bands, its options), and ``seed``.

    Returns:
        Differences with ``overall()``, ``event()``, ``att_gt()``, ``cohort()``, ``calendar()``, ``tidy()``.

    Raises:
        SpecError, DataError, DesignError, EstimationError: as a spec with the same content would.
    """
    check_kinds(
        "did", y=(y, "text"), time=(time, "text"), unit=(unit, "a name or a list of names"), cohort=(cohort, "text"),
        estimator=(estimator, "text"), controls=(controls, "a name or a list of names"), more=(more, "a mapping"),
        keep_data=(keep_data, "True or False"),
    )  # fmt: skip
    design = {
        name: value
        for name, value in (("unit", unit), ("time", time), ("cohort", cohort))
        if value is not None
    }
    given = copy.deepcopy(dict(more or {}))
    seed = given.pop("seed", None)
    design |= {name: given.pop(name) for name in _DESIGN_KEYS if name in given}
    model = {"estimator": _keyword(estimator), "outcome": y, **given}
    if controls:
        model["controls"] = [controls] if isinstance(controls, str) else list(controls)
    asked = {"design": design, "models": {NAME: model}} | ({} if seed is None else {"seed": seed})
    spec = {"spec": 1, "data": {"file": "data"}, **asked}
    request = make_plan(from_plain(spec, _HERE)).models[0]
    kept = own_columns(data) if keep_data else data
    frame = frame_of(kept, names_read(request, kept, COHORT_COLUMNS))
    result = fitting.fit_design(fitting.design_of(frame, request), request, None, seed)
    fit = Differences(request, sealed(result), frame, kept, asked, None, keep_data)
    warn(notices_of(result), level=3)
    return fit


_DESIGN_KEYS = tuple(field.alias or name for name, field in DesignBlock.model_fields.items())


def _keyword(estimator: str) -> str:
    """The keyword of an estimator given with or without its family."""
    family = f"{FAMILY}{estimator}"
    return family if family in catalog.ESTIMATORS.names() else estimator
