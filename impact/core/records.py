"""The records handed along the street: frame, design, estimate, inference, findings.

Shapes: n rows, k terms, m influence rows, G groups, B draws. Arrays are float64 or int32, contiguous and never
written to after they are handed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from impact.core.errors import Notice

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Logicals = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """One named reduction of the sample: rows dropped because a condition was false or missing."""

    name: str
    reason: str
    dropped: int
    false: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns of one sample.

    Arguments:
        columns: name → array (n,): float64 (NaN missing), object of str (None missing) or datetime64[D].
        n_rows: number of rows.
        name: name of the sample in the results ("main").
        read: rows read from the file before any filter.
        steps: filters and joins applied so far.
        files: name → facts of each file read: path as written, sha256, bytes, rows, source, licence, access.
        labels: variable labels of the file (.dta, .sav), by column.
        notices: what the user should know about the data.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    n_rows: int
    name: str = "main"
    read: int = 0
    steps: tuple[Step, ...] = ()
    files: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Factor:
    """A grouping: codes (n,) in 0…G−1 and the G labels in sorted order."""

    name: str
    codes: Integers
    labels: tuple[object, ...]

    @property
    def levels(self) -> int:
        """Number of groups G."""
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class AbsorbedFactor:
    """An absorbed effect: a factor, optionally with a slope variable (n,), with or without its intercept."""

    factor: Factor
    slope: Floats | None = None
    slope_name: str = ""
    intercept: bool = True


@dataclass(frozen=True, slots=True)
class Panel:
    """Unit, time and value of the time (n,) of each row; labels are sorted, cohort is None where none is declared."""

    unit: Factor
    time: Factor
    time_values: Floats
    cohort: Integers | None = None


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment that starts for whole units: what permutation and few-treated inference need.

    Arguments:
        unit: factor at whose level treatment is assigned (levels U).
        treated: (U,) 1 where the unit is treated.
        profile: (n, m) what each treatment column would be for a treated unit (post indicator, year indicator …):
            column ``columns[j]`` of x equals treated[unit] * profile[:, j].
        columns: positions of the treatment columns among the terms of the design.
    """

    unit: Factor
    treated: Floats
    profile: Floats
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Which rows were used and why others were not.

    Arguments:
        kept: (n,) row numbers of the frame, in the order of the design's rows.
        steps: named drops after the frame's own (model filter, missing values by column, zero weight, singletons).
        dropped_terms: name of a column that was left out → reason.
    """

    kept: npt.NDArray[np.int64]
    steps: tuple[Step, ...] = ()
    dropped_terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """A name for one coefficient: what it is and, for panels of effects, which cohort, time and event time."""

    name: str
    kind: str = "coef"
    cohort: object | None = None
    time: object | None = None
    event_time: float | None = None


@dataclass(frozen=True, slots=True)
class Design:
    """Arrays of one model on one sample.

    Arguments:
        outcome: name of the outcome; terms: the k terms of x.
        y: (n,) outcome units; x: (n, k).
        weights: (n,) or None; weight_kind: "analytic", "frequency", "sampling" or "" without weights.
        within_sum_of_squares: (n,) for outcomes given as sums: squared deviations inside each row, else None.
        absorb: absorbed effects; clusters: name → factor for every cluster variable asked for.
        focus: positions of the treatment terms: never dropped in silence.
        treatment: assignment of the treatment to units, or None.
        panel: unit and time, or None; coordinates: (n, 2) latitude, longitude in degrees, or None.
        endogenous: positions of the endogenous terms among those of x; instruments: (n, m) the excluded instruments,
            named by instrument_names; the other columns of x are their own instruments.
        offset: (n,) or None; notices: what the builder found.
    """

    outcome: str
    terms: tuple[Term, ...]
    y: Floats
    x: Floats
    sample: Sample
    weights: Floats | None = None
    weight_kind: str = ""
    within_sum_of_squares: Floats | None = None
    absorb: tuple[AbsorbedFactor, ...] = ()
    clusters: Mapping[str, Factor] = field(default_factory=dict)
    focus: tuple[int, ...] = ()
    treatment: Treatment | None = None
    panel: Panel | None = None
    coordinates: Floats | None = None
    endogenous: tuple[int, ...] = ()
    instruments: Floats | None = None
    instrument_names: tuple[str, ...] = ()
    offset: Floats | None = None
    intercept: bool = False
    notices: tuple[Notice, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Linear:
    """The linear representation of an estimate, on weighted and absorbed rows of the sample.

    Arguments:
        x: (n, k) regressors after absorption, NOT multiplied by weights; with instruments, their projection on them.
        residual: (n,) y − xb − effects, not weighted.
        bread: (k, k) inverse of X'WX.
        weights: (n,) or None, as in the design; weight_kind likewise.
        row_sum_of_squares: (n,) sum over the persons of a row of their squared residuals (frequency weights and
            outcomes as sums); None means weight × residual² (frequency) or residual² (no or analytic weights).
        absorb: effects that were absorbed, for full-model leverage.
    """

    x: Floats
    residual: Floats
    bread: Floats
    weights: Floats | None = None
    weight_kind: str = ""
    row_sum_of_squares: Floats | None = None
    absorb: tuple[AbsorbedFactor, ...] = ()


@dataclass(frozen=True, slots=True)
class Influence:
    """Influence rows: params_hat − params ≈ Σ rows, already divided by n (V = Σ_g ψ_g ψ_g′, no further factor).

    Arguments:
        rows: (m, k). row: (m,) one representative observation for each influence row.
    """

    rows: Floats
    row: Integers


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an estimator found.

    Arguments:
        params: (k,) estimates of ``terms``.
        influence, linear: representations for variances; at least one for closed-form variances.
        n_obs: number of observations (Σ weights for frequency weights).
        df_model: number of kept regressors, constant included where there is one.
        effect_levels: name of each absorbed effect → its levels; df_absorbed: rank they use (Σ L − (F−1), or exact).
        fit: name → number (r2, r2_within, rss, rmse, mean_outcome, …).
        dropped_terms: name → reason.
        design: the rows that ``linear`` stands on where the estimator made rows of its own (unit means, differences),
            with the clusters of those rows; None: those of the design that was given.
    """

    estimator: str
    terms: tuple[Term, ...]
    params: Floats
    n_obs: float
    df_model: int
    df_resid: float
    df_absorbed: int = 0
    n_units: int = 0
    influence: Influence | None = None
    linear: Linear | None = None
    effect_levels: Mapping[str, int] = field(default_factory=dict)
    focus: tuple[int, ...] = ()
    fit: Mapping[str, float] = field(default_factory=dict)
    converged: bool = True
    dropped_terms: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    tables: Mapping[str, object] = field(default_factory=dict)
    design: Design | None = None


@dataclass(frozen=True, slots=True)
class Inference:
    """Uncertainty of the k terms.

    Arguments:
        vcov: (k, k). statistic, p_value, ci_low, ci_high, std_error: (k,), NaN where not defined.
        df: (k,) degrees of freedom of t (inf: normal). level: of the intervals.
        variance: {kind, by, type, k, n, factors …} as printed and stored.
        n_clusters: name → count; n_treated_clusters: clusters with any treated row, or None.
        extra: name → (k,) further columns of the rows (std_error_cr3, p_permutation, mde80 …).
        draws: (B, k) or None.
    """

    variance: Mapping[str, object]
    vcov: Floats
    std_error: Floats
    statistic: Floats
    p_value: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    level: float
    n_clusters: Mapping[str, int] = field(default_factory=dict)
    n_treated_clusters: int | None = None
    extra: Mapping[str, Floats] = field(default_factory=dict)
    draws: Floats | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Permutation:
    """The permutation distribution of the m treatment terms of one model over S sets of units.

    Arguments:
        columns: positions of the treatment terms among the estimate's terms.
        unit: name of the unit; unit_labels: its U labels; members: (S, size) unit codes of each set, sorted.
        estimates: (S, m) estimate when the set is treated; statistics: (S, m) its t.
        slopes: (S, m, m) estimates when the outcome is replaced by the actual treatment columns (inversion).
        actual: position of the set that was really treated, −1 where it was drawn without it.
        enumerated: all sets, or seeded draws; n_left_out: sets whose treatment is absorbed.
        p_value, p_value_t: (m,) by estimate and by t; p_value_size: (m,) with the size adjustment, NaN where not asked.
        ci_low, ci_high: (m,) by inversion at ``level``; mde80: (m,); smallest_p: smallest attainable p.
    """

    columns: tuple[int, ...]
    unit: str
    unit_labels: tuple[object, ...]
    members: Integers
    estimates: Floats
    statistics: Floats
    slopes: Floats
    actual: int
    enumerated: bool
    n_left_out: int
    p_value: Floats
    p_value_t: Floats
    p_value_size: Floats
    ci_low: Floats
    ci_high: Floats
    mde80: Floats
    smallest_p: float
    level: float
    primary: str = "estimate"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the results' ``tests``: what was asked of which term, and the verdict in one sentence."""

    test: str
    kind: str
    of: str
    term: str = ""
    statistic: float | None = None
    df: float | None = None
    df2: float | None = None
    p_value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    verdict: str = "note"
    sentence: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelResult:
    """A fitted model of the plan: its design (kept for refits), estimate and inference, or the error."""

    name: str
    group: str | None
    estimate: Estimate | None
    inference: Inference | None
    design: Design | None
    error: Exception | None = None
    permutation: Permutation | None = None
    base: str = ""
    row: str | None = None
    expect: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a test of ``tests:`` is asked: the models it is about and the means to refit them.

    Arguments:
        test: name in the spec; kind: its keyword.
        of: the results it names, each with the term asked for ("" means all focus terms).
        results: every model of the run by (name, group).
        refit: estimates a changed design with the same estimator and options.
        infer: the inference that the model asked for, on another estimate.
        seed: seed of this test, spawned from (seed, test name).
        level: of intervals.
    """

    test: str
    kind: str
    of: tuple[tuple[ModelResult, str], ...]
    results: Mapping[tuple[str, str | None], ModelResult]
    refit: Callable[[ModelResult, Design], Estimate]
    infer: Callable[[ModelResult, Estimate, Design], Inference]
    seed: int
    level: float = 0.95
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Estimator:
    """A registered estimator. ``fit(design, options)`` returns an Estimate; ``accepts`` names what it can use."""

    summary: str
    options: type[Any]
    fit: Callable[[Design, Any], Estimate]
    references: tuple[str, ...]
    accepts: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variance:
    """A registered variance.

    ``infer(estimate, design, options, level)`` returns an Inference; ``columns(options)`` names the frame's columns
    that it needs as clusters; ``needs`` holds "linear", "panel", "coordinates", "refit" as they apply.
    """

    summary: str
    options: type[Any]
    infer: Callable[[Estimate, Design, Any, float], Inference]
    columns: Callable[[Any], tuple[str, ...]]
    needs: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A registered test of ``tests:``. ``examine(question, options)`` returns findings (see diagnostics)."""

    summary: str
    options: type[Any]
    examine: Callable[..., tuple[Finding, ...]]
    references: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """A registered data format: ``read(path, request)`` returns a Frame."""

    summary: str
    suffixes: tuple[str, ...]
    read: Callable[..., Frame]
    header: Callable[..., tuple[str, ...]]
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Domain:
    """A registered field of study: outcomes by name, default labels and units, notes, checks and table layouts."""

    summary: str
    outcomes: Mapping[str, Mapping[str, object]]
    labels: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """A registered output: ``write(document, request)`` returns file name → bytes, drawn from the results alone."""

    summary: str
    suffix: str
    write: Callable[..., Mapping[str, bytes]]
    keywords: tuple[str, ...] = ()
