"""`feols`, `feiv`, `fepois`, `feglm`: one regression in Python, with the numbers of a spec bit for bit."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import impact.catalog as catalog
import impact.pipeline.another_variance as changing
import impact.pipeline.fit as fitting
from impact.core.errors import ImpactError, Place, SpecError
from impact.core.frames import Frame
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.data.frames import frame_of
from impact.face.arguments import check_kinds, checked_call
from impact.face.fitted import (
    NAME,
    Fitted,
    names_read,
    new_notices,
    notices_of,
    own_columns,
    sealed,
    tidy_frame,
)
from impact.face.warned import warn
from impact.schema.columns_used import model_uses
from impact.schema.formulas.parse import parse_formula
from impact.schema.formulas.tree import Formula
from impact.schema.model import ModelBlock
from impact.schema.model_parts import check_parts, weights_of
from impact.schema.nodes import from_plain
from impact.schema.option_requests import check_pair, checked, coordinates_of, variance_of
from impact.schema.requests import ModelRequest, VarianceRequest, WeightRequest

Vcov = str | Mapping[str, Any] | None
Weights = str | Mapping[str, str] | None
Ssc = str | Mapping[str, Any] | None
Units = tuple[str | Sequence[str], str] | None
FIELDS = ("std_error", "statistic", "p_value", "ci_low", "ci_high", "df")
FAMILIES = {"poisson": "ppml", "logit": "logit", "probit": "probit", "gaussian": "ols"}


@dataclass(frozen=True, repr=False, eq=False)
class Fit(Fitted):
    """A fitted regression. Changing the variance does not fit again."""

    @checked_call
    def tidy(self, *, vcov: Vcov = None) -> Any:
        """A data frame of term, estimate, std_error, statistic, p_value, ci_low, ci_high and df."""
        return tidy_frame(self if vcov is None else self.summary(vcov=vcov), FIELDS)

    @checked_call
    def predict(
        self,
        new: Any = None,
        *,
        kind: Literal["response", "link"] = "response",
        se: bool = False,
        interval: Literal["none", "confidence", "prediction"] = "none",
        level: float = 0.95,
    ) -> Any:
        """Predictions, absorbed effects included: one entry a row of the data or of ``new``, missing without one.

        Arguments:
            new: a frame with the columns of the right side; None: the data of the fit, whose rows outside the
                estimation sample are missing. Rows with a missing value, an unknown level, or levels that the sample
                does not link are missing, and an ``ImpactWarning`` (W656) counts them.
            kind: of counts and choices the mean (response) or the linear predictor (link); the same for linear models.
            se: with standard errors, which need a model without absorbed effects. interval, level: of the mean
                (confidence) or, for unweighted least squares, of an outcome (prediction).

        Returns:
            pandas Series ``fitted`` with the index of the data; with errors or an interval a data frame of fitted,
            std_error, ci_low and ci_high.

        Raises:
            SpecError: E514 a column that ``new`` lacks, E607 what the model does not give, E609 another argument, E697
                a fit read from JSON without its data.
            EstimationError: E608 effects that could not be told apart.
        """
        from impact.face.predicted import predicted  # predictions load when they are asked for

        asked = {"kind": kind, "se": se, "interval": interval, "level": level}
        live = self.live()
        assert live.frame is not None
        return predicted(live, live.frame, self.data if new is None else new, is_own=new is None, asked=asked)

    @checked_call
    def summary(self, *, vcov: Vcov = None, ssc: Ssc = None) -> Fit:
        """The same fit with another variance (``ssc`` alone: the same with another preset); printed as its table.

        Raises:
            SpecError: E181 a variance the estimator does not have, E697 a fit read from JSON without its data.
        """
        if vcov is None and ssc is None:
            return self
        kind = "text or a mapping"
        check_kinds("summary", vcov=(vcov, kind), ssc=(ssc, kind))
        live, own = self.live(), self.request
        place = own.formula.place or own.place or Place(file="summary")
        if vcov is None:  # the same with another preset
            vcov = self.own_vcov()
        variance = _variance(vcov, ssc, own.panel, place)
        record: Any = catalog.ESTIMATORS.load(own.estimator)
        check_pair(
            own.estimator, record.accepts, variance, catalog.VARIANCES, has_panel=own.panel is not None
        )
        request = replace(own, variance=variance, coordinates=getattr(variance.options, "coordinates", None))
        # the variance may read columns that the fit did not
        frame = self.rows_of(request)
        result = sealed(changing.with_variance(live.result, frame, request))
        warn(new_notices(result, self.result), level=3)
        asked = self.with_asked(vcov, ssc)
        return replace(self, request=request, result=result, frame=frame, asked=asked, stored=None)


@checked_call
def feols(
    formula: str,
    data: Any,
    *,
    vcov: Vcov = None,
    weights: Weights = None,
    ssc: Ssc = None,
    panel: Units = None,
    level: float = 0.95,
    keep_data: bool = False,
) -> Fit:
    """Least squares with absorbed effects: ``outcome ~ regressors | effects``.

    Arguments:
        formula: as in a spec. data: a pandas, polars or pyarrow frame, or a mapping of arrays.
        vcov: keyword or mapping, as in a spec; hc1 by default, clustered by unit with a panel.
        weights: column (sampling weights) or {column: kind}.
        ssc: small-sample preset. panel: (unit, time), for lags and panel variances. level: of intervals.
        keep_data: ``to_json`` and pickles hold the data, so that the fit predicts when it is read again.

    Returns:
        Fit with ``tidy``, ``summary(vcov=…)``, ``confint``, ``glance``, ``predict``.

    Raises:
        SpecError, DataError, DesignError: as a spec with the same content would.
    """
    return _fitted(
        "ols", formula, data, _Keys(vcov, weights, ssc, panel, level, keep_data, Place(file="feols"))
    )


@checked_call
def feiv(  # noqa: PLR0913 - the keywords of feols and its own
    formula: str,
    data: Any,
    *,
    vcov: Vcov = None,
    weights: Weights = None,
    ssc: Ssc = None,
    panel: Units = None,
    level: float = 0.95,
    keep_data: bool = False,
    more: Mapping[str, Any] | None = None,
) -> Fit:
    """Instrumental variables with absorbed effects: ``outcome ~ exogenous | effects | endogenous ~ instruments``.

    Arguments:
        formula, data, vcov, weights, ssc, panel, level, keep_data: as of ``feols``; the effects may be left out.
        more: further options of estimator ``iv``, as a spec has them: ``method`` and so on.

    Returns:
        Fit with ``tidy``, ``summary(vcov=…)``, ``confint``, ``glance``, ``predict``.

    Raises:
        SpecError: E552 no instruments. SpecError, DataError, DesignError: as a spec with the same content would.
    """
    return _fitted(
        "iv", formula, data, _Keys(vcov, weights, ssc, panel, level, keep_data, Place(file="feiv")), more
    )


@checked_call
def fepois(  # noqa: PLR0913 - the keywords of feols and its own
    formula: str,
    data: Any,
    *,
    vcov: Vcov = None,
    weights: Weights = None,
    ssc: Ssc = None,
    panel: Units = None,
    level: float = 0.95,
    keep_data: bool = False,
    more: Mapping[str, Any] | None = None,
) -> Fit:
    """Poisson pseudo maximum likelihood with absorbed effects: ``outcome ~ regressors + offset(log(pop)) | effects``.

    Arguments:
        formula, data, vcov, weights, ssc, panel, level, keep_data: as of ``feols``.
        more: further options of estimator ``ppml``, as a spec has them.

    Returns:
        Fit with ``tidy``, ``summary(vcov=…)``, ``confint``, ``glance``, ``predict``.

    Raises:
        SpecError, DataError, DesignError, EstimationError: as a spec with the same content would.
    """
    return _fitted(
        "ppml", formula, data, _Keys(vcov, weights, ssc, panel, level, keep_data, Place(file="fepois")), more
    )


@checked_call
def feglm(  # noqa: PLR0913 - the keywords of feols and its own
    formula: str,
    data: Any,
    *,
    family: Literal["poisson", "logit", "probit", "gaussian"],
    vcov: Vcov = None,
    weights: Weights = None,
    ssc: Ssc = None,
    panel: Units = None,
    level: float = 0.95,
    keep_data: bool = False,
    more: Mapping[str, Any] | None = None,
) -> Fit:
    """A generalised linear model with absorbed effects: ``outcome ~ regressors | effects``.

    Arguments:
        family: poisson (estimator ``ppml``), logit, probit, or gaussian (``ols``).
        formula, data, vcov, weights, ssc, panel, level, keep_data: as of ``feols``.
        more: further options of the estimator, as a spec has them: ``marginal``, ``bias``, ``effects`` and so on.

    Returns:
        Fit with ``tidy``, ``summary(vcov=…)``, ``confint``, ``glance``, ``predict``.

    Raises:
        SpecError: E170 another family. SpecError, DataError, DesignError, EstimationError: as a spec would.
    """
    here = Place(file="feglm")
    if family not in FAMILIES:
        hint, names = nearest(str(family), FAMILIES), ", ".join(FAMILIES)
        kind = text("registry.family")
        raise SpecError(fault("E170", place=here, suggestion=hint, kind=kind, name=family, names=names))
    return _fitted(
        FAMILIES[family], formula, data, _Keys(vcov, weights, ssc, panel, level, keep_data, here), more
    )


@dataclass(frozen=True, slots=True)
class _Keys:
    """What every regression may be given beside formula and data; see ``feols``. place: the function, for faults."""

    vcov: Vcov
    weights: Weights
    ssc: Ssc
    panel: Units
    level: float
    keep_data: bool
    place: Place


def _fitted(
    estimator: str, formula: str, data: Any, keys: _Keys, more: Mapping[str, Any] | None = None
) -> Fit:
    check_kinds(
        keys.place.file, formula=(formula, "text"), vcov=(keys.vcov, "text or a mapping"),
        panel=(keys.panel, "(unit, time)"),
        weights=(keys.weights, "text or a mapping"), ssc=(keys.ssc, "text or a mapping"), more=(more, "a mapping"),
        level=(keys.level, "a number above 0 and below 1"), keep_data=(keys.keep_data, "True or False"),
    )  # fmt: skip
    panel = keys.panel
    units = (
        None if panel is None else ((panel[0],) if isinstance(panel[0], str) else tuple(panel[0]), panel[1])
    )
    variance = _variance(keys.vcov, keys.ssc, units, keys.place)
    parsed = _parsed(formula, keys.place)
    record: Any = catalog.ESTIMATORS.load(estimator)
    check_parts(parsed, estimator, record.accepts)
    check_pair(estimator, record.accepts, variance, catalog.VARIANCES, has_panel=units is not None)
    request = ModelRequest(
        name=NAME,
        base=NAME,
        estimator=estimator,
        options=checked(record.options, from_plain(dict(more), keys.place), "more")
        if more
        else record.options(),
        formula=parsed,
        variance=variance,
        outcome_name=parsed.outcomes[0].text() if parsed.outcomes else "",
        weights=_weights(keys.weights, keys.place),
        panel=units,
        level=keys.level,
        coordinates=coordinates_of(variance),
    )
    kept = own_columns(data) if keys.keep_data else data
    frame = _frame(kept, request)
    try:
        result = fitting.fit_design(fitting.design_of(frame, request), request, None, None)
    except ImpactError as error:
        raise fitting.placed(error, request) from None
    fit = Fit(
        request, sealed(result), frame, kept, _asked(estimator, formula, keys, more), None, keys.keep_data
    )
    warn(notices_of(result), level=4)
    return fit


def _asked(estimator: str, formula: str, keys: _Keys, more: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The keys of the spec that asks for the same."""
    given: dict[str, Any] = {"vcov": keys.vcov, "weights": keys.weights, "ssc": keys.ssc}
    model: dict[str, Any] = {"estimator": estimator, "formula": formula}
    model |= {name: copy.deepcopy(value) for name, value in given.items() if value is not None}
    model |= {"level": keys.level} | copy.deepcopy(dict(more or {}))
    if keys.panel is None:
        return {"models": {NAME: model}}
    unit = keys.panel[0] if isinstance(keys.panel[0], str) else list(keys.panel[0])
    return {"panel": {"unit": unit, "time": keys.panel[1]}, "models": {NAME: model}}


def _frame(data: Any, request: ModelRequest) -> Frame:
    """The columns that the request reads; those that only group rows are not copied."""
    wanted = names_read(request, data)
    bare = replace(
        request, formula=replace(request.formula, absorbed=()), variance=replace(request.variance, columns=())
    )
    numbers = {name for name, _ in model_uses(bare)}
    numbers |= {name for effect in request.formula.absorbed for name in getattr(effect, "slopes", ())}
    return frame_of(data, wanted, keys=wanted - numbers)


@lru_cache(maxsize=256)
def _parsed(formula: str, place: Place) -> Formula:
    return parse_formula(formula, place=place)


def _weights(weights: Weights, place: Place) -> WeightRequest | None:
    if weights is None:
        return None
    value = weights if isinstance(weights, str) else dict(weights)
    return weights_of(ModelBlock(weights=value), from_plain({"weights": value}, place))


def _variance(
    vcov: Vcov, ssc: object, panel: tuple[tuple[str, ...], str] | None, place: Place
) -> VarianceRequest:
    return _variance_cached(repr(vcov), repr(ssc), panel, place, _Frozen(vcov, ssc))


@dataclass(frozen=True, eq=False)
class _Frozen:
    """Arguments carried past the cache's key, which is their spelling."""

    vcov: Vcov
    ssc: object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=256)
def _variance_cached(
    vcov: str, ssc: str, panel: tuple[tuple[str, ...], str] | None, place: Place, given: _Frozen
) -> VarianceRequest:
    content: dict[str, Any] = {}
    if given.vcov is not None:
        content["vcov"] = given.vcov if isinstance(given.vcov, str) else dict(given.vcov)
    if given.ssc is not None:
        content["ssc"] = given.ssc
    unit = "^".join(panel[0]) if panel is not None else None
    node = from_plain(content, place)
    return variance_of(node, catalog.VARIANCES, (), unit)
