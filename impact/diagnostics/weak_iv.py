"""Weak identification: Cragg-Donald and Kleibergen-Paap statistics, and the tF interval of one instrument.

Cragg-Donald F is the smallest eigenvalue of the first stages' signal over their noise; it and the critical values of
Stock and Yogo hold for independent errors of equal variance. Kleibergen-Paap rk Wald F is its counterpart under the
model's variance; the critical values do not apply to it. tF: with one instrument and one endogenous regressor, |t| is
held against a critical value that depends on the first-stage F, so that a 5 per cent test is one however weak the
instrument. Sources: Cragg and Donald (1993); Stock and Yogo (2005); Kleibergen and Paap (2006); Lee, McCrary, Moreira
and Porter (2022), American Economic Review 112, 3260-3290.
"""

from __future__ import annotations

import math

import numpy as np

import impact.kernels.distributions as distributions
import impact.kernels.instruments.weak_instruments as weak
from impact.core.findings import Finding, Question
from impact.core.interval_sets import set_text
from impact.core.options import NoOptions
from impact.core.reduced_forms import JointForm
from impact.core.registered import Diagnostic
from impact.diagnostics._instruments import Model, Statistic, finding, models, not_positive
from impact.diagnostics._sentences import Words, both, number, probability

SIZE = 0.10


def examine(question: Question, options: NoOptions) -> tuple[Finding, ...]:
    """One finding a model on identification, and one on tF where there is one instrument.

    Raises:
        EstimationError: E643 the covariance of the first stages is singular.
    """
    asked, notes = models(question)
    found: list[Finding] = []
    for model in asked:
        form = model.form()
        found.append(_identification(model, form))
        if len(model.instrumented.endogenous) == len(model.instrumented.instruments) == 1:
            found.append(_tf(model, form))
    return (*found, *notes)


def _identification(model: Model, form: JointForm) -> Finding:
    residuals = form.residual_products[1:, 1:]
    donald = weak.cragg_donald(form.params[1:], form.products, residuals, form.df_resid)
    try:
        rk, df = weak.kleibergen_paap(form.params[1:], form.covariance[1:, :, 1:], form.products, residuals)
    except weak.NotPositive as error:
        raise not_positive(model) from error
    count, endogenous = len(model.instrumented.instruments), len(model.instrumented.endogenous)
    details: dict[str, object] = {"cragg_donald_f": donald, "kleibergen_paap_f": rk / count, "rk_chi2": rk}
    p_value = float(distributions.chi2_sf(rk, df))
    if not model.is_iid:
        said = both("instruments.kleibergen_paap", model=model.label, f=number(rk / count, digits=4))
        rank = both("instruments.rank", chi2=number(rk, digits=4), df=df, p=probability(p_value))
        return finding(
            model,
            [said, rank],
            Statistic(rk / count, float(df), None, p_value),
            details=details,
            verdict="note",
        )
    sentences: list[Words] = [both("instruments.cragg_donald", model=model.label, f=number(donald, digits=4))]
    verdict = "note"
    sizes = {size: values[count - 1] for size, values in weak.STOCK_YOGO_SIZE.items() if count <= len(values)}
    if endogenous == 1 and sizes and model.estimate.tables.get("method") == "2sls":
        details["stock_yogo_size"] = {f"{size:g}": value for size, value in sizes.items()}
        verdict = "pass" if donald >= sizes[SIZE] else "warn"
        key = "instruments.stock_yogo_above" if verdict == "pass" else "instruments.stock_yogo_below"
        sentences.append(both(key, critical=f"{sizes[SIZE]:g}", size=f"{100 * SIZE:g}"))
    else:
        sentences.append(both("instruments.stock_yogo_none"))
    return finding(
        model, sentences, Statistic(donald, float(df), None, p_value), details=details, verdict=verdict
    )


def _tf(model: Model, form: JointForm) -> Finding:
    position = model.instrumented.focus[0]
    name = model.instrumented.endogenous[0]
    f = float(form.params[1, 0] ** 2 / form.covariance[1, 0, 1, 0])
    critical = weak.tf_critical(f)
    error = float(model.inference.std_error[position])
    t = float(model.estimate.params[position]) / error
    ends = weak.tf_interval(float(model.estimate.params[position]), error, f)
    rejects = bool(np.abs(t) > critical)
    key = "instruments.tf_unbounded" if math.isinf(critical) else "instruments.tf"
    said = both(
        key,
        term=name,
        f=number(f, digits=4),
        critical=number(critical, digits=3),
        t=number(t, digits=3),
        set=set_text((ends,)),
    )
    details = {"first_stage_f": f, "critical": critical, "rejects": rejects}
    return finding(model, [said], Statistic(t), term=name, details=details, ends=ends)


DIAGNOSTIC = Diagnostic(
    summary="Weak identification: Cragg-Donald, Kleibergen-Paap, Stock-Yogo values, tF",
    options=NoOptions,
    examine=examine,
    references=(
        "Cragg and Donald 1993",
        "Stock and Yogo 2005",
        "Kleibergen and Paap 2006",
        "Lee, McCrary, Moreira and Porter 2022",
    ),
)
