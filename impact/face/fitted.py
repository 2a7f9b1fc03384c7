"""What the fits of the Python face have in common: the records behind them, what they tell, how they are kept."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import impact.pipeline.fit as fitting
from impact.core.arrays import Floats
from impact.core.errors import Notice, Place, SpecError
from impact.core.estimates import Estimate, Inference
from impact.core.findings import ModelResult
from impact.core.frames import Frame
from impact.core.texts import fault
from impact.data.frames import frame_of, names_of
from impact.face.arguments import checked_call
from impact.face.frames_out import frame_out
from impact.face.specs import Spec
from impact.kernels.distributions import t_critical
from impact.pipeline.street import read_data
from impact.plan import Plan
from impact.schema.columns_used import model_uses, unknown_columns
from impact.schema.requests import ModelRequest

NAME = "fit"


def names_read(request: ModelRequest, data: Any, made: Iterable[str] = ()) -> set[str]:
    """Names of the columns that a model reads; ``made``: those that the model makes itself.

    Raises:
        SpecError: E514, E691 names that the data do not have. DataError: E260 what is no frame.
    """
    uses = list(model_uses(request))
    faults = unknown_columns(uses, [*names_of(data), *made])
    if faults:
        raise SpecError(*faults)
    return {name for name, _ in uses}


def own_columns(data: Any) -> dict[str, Any]:
    """A copy of every column of the caller's frame, for ``keep_data=True``."""
    found = {name: np.array(values) for name, values in frame_of(data, names_of(data)).columns.items()}
    return sealed_columns(found)


def sealed_columns(columns: dict[str, Any]) -> dict[str, Any]:
    """The columns, no longer to be written."""
    for values in columns.values():
        values.setflags(write=False)
    return columns


def sealed(result: ModelResult) -> ModelResult:
    """The result with the arrays that a user reads no longer to be written."""
    estimate, inference = result.estimate, result.inference
    if estimate is not None:
        estimate.params.setflags(write=False)
    if inference is not None:
        for name in ("vcov", "std_error", "statistic", "p_value", "ci_low", "ci_high", "df"):
            getattr(inference, name).setflags(write=False)
    return result


def notices_of(result: ModelResult) -> list[Notice]:
    """What the user should know about a fit."""
    found = (result.design, result.estimate, result.inference)
    return [item for one in found if one is not None for item in one.notices]


def new_notices(result: ModelResult, before: ModelResult) -> list[Notice]:
    """What another variance adds to that."""
    known = notices_of(before)
    return [item for item in notices_of(result) if item not in known]


@dataclass(frozen=True, slots=True)
class Part:
    """What the results document says of a fit: facts of the model, one row a term, and its notices."""

    facts: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]
    notices: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class StudyRows:
    """The rows of a study, which read the columns that its spec names."""

    plan: Plan
    frame: Frame

    def read(self, request: ModelRequest) -> Frame:
        """The rows with what a model reads: those of the run, or the files again where it reads more.

        Raises:
            SpecError: E514 columns that no file has.
        """
        wanted = {name for name, _ in model_uses(request)}
        if wanted <= set(self.frame.columns):
            return self.frame
        return read_data(replace(self.plan, models=(*self.plan.models, request)))[0]


@dataclass(frozen=True, repr=False, eq=False)
class Fitted:
    """One model that was fitted, printed as the table that its spec would make.

    Arguments:
        request, result: what was asked and found. frame: the columns it read; data: the caller's frame.
        asked: keys of the spec that asks for the same, or that spec. stored: what a fit read from JSON says.
        keep_data: whether ``to_json`` and pickles hold the data, too.
    """

    request: ModelRequest
    result: ModelResult
    frame: Frame | None = None
    data: Any = field(default=None, repr=False)
    asked: Mapping[str, Any] | Spec = field(default_factory=dict)
    stored: Part | None = None
    keep_data: bool = False

    @property
    def estimate(self) -> Estimate:
        """The estimate record."""
        assert self.result.estimate is not None
        return self.result.estimate

    @property
    def inference(self) -> Inference:
        """The inference record."""
        assert self.result.inference is not None
        return self.result.inference

    @property
    def terms(self) -> list[str]:
        """Names of the coefficients."""
        return [term.name for term in self.estimate.terms]

    def coef(self) -> dict[str, float]:
        """Term → estimate."""
        return dict(zip(self.terms, self.estimate.params.tolist(), strict=True))

    def se(self) -> dict[str, float]:
        """Term → standard error."""
        return dict(zip(self.terms, self.inference.std_error.tolist(), strict=True))

    def vcov(self) -> Floats:
        """Covariance matrix of the coefficients, (k, k); a copy."""
        return self.inference.vcov.copy()

    def glance(self) -> dict[str, float]:
        """Facts of the fit: n_obs, r2, r2_within, rmse, df_resid and so on."""
        return {"n_obs": self.estimate.n_obs, "df_resid": self.estimate.df_resid, **self.estimate.fit}

    @checked_call
    def confint(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Term → interval at a level.

        Raises:
            SpecError: E609 a level that is none; E697 intervals that only the data of the fit can give.
        """
        level = checked_level(level, "confint")
        found = self.inference
        if self.result.design is not None or self.frame is not None:
            found = _infer(self.live(), level)
            low, high = found.ci_low, found.ci_high
        else:
            low, high = _ends(found, level)
            if not _same_ends(found, *_ends(found, found.level)):
                raise SpecError(fault("E697", place=Place(file="confint"), what="confint"))
        return dict(zip(self.terms, zip(low.tolist(), high.tolist(), strict=True), strict=True))

    @checked_call
    def wald(self, *hypotheses: str) -> Any:
        """Wald test of linear equations, ``"x1 = x2"``, jointly; every treatment term zero without any.

        Raises:
            SpecError: E611 an equation that cannot be read, E606 an unknown term, E612 redundant equations.
        """
        from impact.face.answers import wald  # tests load when one is asked for

        return wald(self, hypotheses)

    @checked_call
    def plot(self, path: str | Path | None = None) -> Any:
        """The natural figure: effects by event time where there are some, else coefficients with intervals.

        Arguments:
            path: file to write, .svg, .png or .csv.
        """
        from impact.face.figures import natural  # figures load when one is drawn

        return natural(self, path)

    @checked_call
    def to_spec(self, file: str = "data.csv") -> Spec:
        """The spec that gives these numbers, of the same data in ``file``; of a study's model, the study's spec."""
        if isinstance(self.asked, Spec):
            return self.asked
        return Spec.from_dict({"spec": 1, "study": NAME, "data": {"file": file}, **self.asked})

    @checked_call
    def to_json(self, path: str | Path | None = None) -> str:
        """The fit as JSON, also written to ``path``: everything that it says, and with keep_data its data.

        ``impact.from_json`` reads it back, bit for bit; nothing in it is code.
        """
        from impact.face.storing import json_of  # needed only where a fit is kept

        text = json_of(self)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @staticmethod
    @checked_call
    def from_json(source: str | Path) -> Any:
        """A fit from the text or the file that ``to_json`` made; see ``impact.from_json``."""
        from impact.face.storing import from_json  # needed only where a fit is kept

        return from_json(source)

    def rows_of(self, request: ModelRequest, made: Iterable[str] = ()) -> Frame:
        """The columns that another request about the same data reads; ``made``: those that it makes itself.

        Raises:
            SpecError: E514, E691 names that the data do not have.
        """
        if isinstance(self.data, StudyRows):
            return self.data.read(request)
        return frame_of(self.data, names_read(request, self.data, made))

    def part(self) -> Part:
        """Facts, rows and notices as the results document has them."""
        from impact.face.documents import part_of  # tables load only when something is shown

        return self.stored if self.stored is not None else part_of(self.result, self.request)

    def live(self) -> Fitted:
        """The fit with its rows: this one, or fitted again from the data that it kept.

        Raises:
            SpecError: E697 it was read from JSON that holds no data.
        """
        if self.result.design is not None:
            return self
        if self.frame is None:
            raise SpecError(fault("E697", place=Place(file=NAME), what="predict, summary"))
        design = fitting.design_of(self.frame, self.request)
        return replace(self, result=fitting.fit_design(design, self.request, None, self.seed()))

    def seed(self) -> int | None:
        """The seed that was given."""
        given = self.asked.to_dict() if isinstance(self.asked, Spec) else self.asked
        found = given.get("seed")
        return found if isinstance(found, int) else None

    def own_vcov(self) -> Any:
        """The variance that was asked for, without its preset; None for the default."""
        given = self.asked.to_dict() if isinstance(self.asked, Spec) else self.asked
        model = given.get("models", {}).get(self.request.base)
        found = (model if isinstance(model, Mapping) else {}).get("vcov", given.get("vcov"))
        return {key: v for key, v in found.items() if key != "ssc"} if isinstance(found, Mapping) else found

    def with_asked(self, vcov: object, ssc: object) -> Mapping[str, Any] | Spec:
        """What asks for the same fit with another variance."""
        if isinstance(self.asked, Spec):
            return self.asked.with_variance(self.request.base, vcov, ssc)
        given = {"vcov": vcov, "ssc": ssc}
        model = {**self.asked["models"][NAME], **{key: v for key, v in given.items() if v is not None}}
        return {**self.asked, "models": {NAME: copy.deepcopy(model)}}

    def __repr__(self) -> str:
        from impact.face.drawing import fit_text  # tables load only when something is shown

        return fit_text(self.part())

    def _repr_html_(self) -> str:
        from impact.face.drawing import fit_html

        return fit_html(self.part())

    def __reduce__(self) -> tuple[Any, ...]:
        from impact.face.storing import from_json

        return from_json, (self.to_json(),)

    def __copy__(self) -> Fitted:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Fitted:
        return self

    @property
    def __maketables_coef_table__(self) -> Any:
        """Estimates for tables of package maketables: b, se, t, p and interval by coefficient."""
        import pandas as pd  # frames are made only when asked for

        found = self.inference
        columns = {"b": self.estimate.params, "se": found.std_error, "t": found.statistic, "p": found.p_value}
        percent = f"{100 * found.level:g}"
        columns |= {f"ci{percent}l": found.ci_low, f"ci{percent}u": found.ci_high}
        return pd.DataFrame(columns, index=pd.Index(self.terms, name="Coefficient"))

    def __maketables_stat__(self, key: str) -> Any:
        """One fact for tables of package maketables: N, r2, r2_within, rmse and the names of ``glance``."""
        if key == "se_type":
            return self.inference.variance.get("type") or self.inference.variance.get("kind")
        found = self.glance()
        value = found.get({"N": "n_obs", "df_r": "df_resid"}.get(key, key))
        whole = key in ("N", "n_obs") and value is not None and float(value).is_integer()
        return int(value) if whole and value is not None else value

    @property
    def __maketables_depvar__(self) -> str:
        """The outcome, for tables of package maketables."""
        return self.request.outcome_name

    @property
    def __maketables_fixef_string__(self) -> str | None:
        """The absorbed effects, for tables of package maketables."""
        return "+".join(self.estimate.effect_levels) or None

    @property
    def __maketables_var_labels__(self) -> dict[str, str] | None:
        """Labels of variables: none are known."""
        return None

    @property
    def __maketables_vcov_info__(self) -> dict[str, Any]:
        """The variance, for tables of package maketables."""
        variance = self.inference.variance
        by = variance.get("by")
        named = [by] if isinstance(by, str) else list(by) if isinstance(by, (list, tuple)) else []
        return {"vcov_type": variance.get("type") or variance.get("kind"), "clustervar": named or None}

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        """The facts that a table of package maketables shows by itself."""
        return [key for key in ("N", "r2", "r2_within") if self.__maketables_stat__(key) is not None]


def checked_level(level: object, function: str) -> float:
    """A level between 0 and 1.

    Raises:
        SpecError: E609.
    """
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0.0 < level < 1.0:
        place, allowed = Place(file=function), "above 0 and below 1"
        raise SpecError(fault("E609", place=place, key="level", value=repr(level), allowed=allowed))
    return float(level)


def tidy_columns(fit: Fitted, names: Iterable[str]) -> dict[str, Any]:
    """Term, estimate and columns of the inference, copied."""
    found = {name: np.array(getattr(fit.inference, name)) for name in names}
    return {"term": fit.terms, "estimate": np.array(fit.estimate.params), **found}


def tidy_frame(fit: Fitted, names: Iterable[str]) -> Any:
    """The same as a data frame."""
    return frame_out(tidy_columns(fit, names))


def _infer(fit: Fitted, level: float) -> Inference:
    assert fit.result.design is not None
    request = replace(fit.request, level=level, wild=None, bands=False)
    return fitting.infer_design(fit.estimate, fit.result.design, request)


def _ends(found: Inference, level: float) -> tuple[Floats, Floats]:
    """Intervals of every term from its estimate, error and degrees of freedom, around the middle of its own."""
    middle = (found.ci_low + found.ci_high) / 2
    half = t_critical(level, found.df) * found.std_error
    return middle - half, middle + half


def _same_ends(found: Inference, low: Floats, high: Floats) -> bool:
    close = [
        np.allclose(mine, own, rtol=1e-9, atol=0.0, equal_nan=True)
        for mine, own in ((low, found.ci_low), (high, found.ci_high))
    ]
    return all(close)
