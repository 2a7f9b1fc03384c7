"""The registries: every keyword that a spec can name, found by file name."""

from __future__ import annotations

from impact.core.registry import Registry

ESTIMATORS = Registry(
    kind="estimator",
    package="impact.estimators",
    attribute="ESTIMATOR",
    known=(
        "ols", "iv", "ppml", "logit", "probit", "quantile", "rif", "panel", "heckman", "oaxaca", "lee_bounds",
        "did_2x2", "did_twfe", "did_cs", "did_sa", "did_bjs", "did_gardner", "did_etwfe", "did_dcdh", "did_stacked",
        "did_lp", "did_triple", "did_dose", "did_cic", "synth", "synth_did", "synth_augmented",
        "matrix_completion", "ipw", "matching", "double_ml", "rd", "survey_mean", "survey_proportion",
        "survey_total",
    ),
)  # fmt: skip
VARIANCES = Registry(
    kind="variance",
    package="impact.inference",
    attribute="VARIANCE",
    known=("hc4", "akm", "bootstrap", "jackknife", "survey"),
)
DIAGNOSTICS = Registry(
    kind="test",
    package="impact.diagnostics",
    attribute="DIAGNOSTIC",
    known=(
        "wald", "pretrend", "bacon", "twfe_weights", "honest_did", "pretrend_power", "equivalence", "bayes_null",
        "romano_wolf", "westfall_young", "holm", "bonferroni", "benjamini_hochberg", "benjamini_yekutieli",
        "sharpened_q", "first_stage", "weak_iv", "anderson_rubin", "conditional_lr", "overid", "endogeneity",
        "hausman", "rotemberg", "oster", "sensemakr", "e_value", "density", "randomization", "placebo",
        "leave_one_out", "attrition", "balance", "power",
    ),
)  # fmt: skip
DOMAINS = Registry(kind="domain", package="impact.domains", attribute="DOMAIN")
READERS = Registry(kind="data format", package="impact.data.readers", attribute="READER")
OUTPUTS = Registry(kind="output", package="impact.outputs", attribute="OUTPUT")
SURVEYS = Registry(kind="data source", package="impact.data.surveys", attribute="SURVEY")
