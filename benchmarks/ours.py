"""The road of a spec's model without the spec: a frame of columns and a formula to estimates and errors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

import impact.catalog as catalog
import impact.design.build as build
import impact.pipeline.fit as fit
from impact.core.frames import Frame
from impact.schema.formulas.parse import parse_formula
from impact.schema.requests import ModelRequest, VarianceRequest


def fit_frame(
    frame: pd.DataFrame, formula: str, vcov: str | Mapping[str, str]
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors; the columns of the frame are used in place where they are float64."""
    columns = {name: np.asarray(frame[name], dtype=np.float64) for name in frame.columns}
    keyword, cluster = ("cluster", tuple(vcov.values())) if isinstance(vcov, Mapping) else (vcov, ())
    record = catalog.VARIANCES.load(keyword)
    options = record.options(cluster=cluster) if cluster else record.options()
    request = ModelRequest(
        name="benchmark",
        base="benchmark",
        estimator="ols",
        options=catalog.ESTIMATORS.load("ols").options(),
        formula=parse_formula(formula),
        variance=VarianceRequest(keyword, options, cluster),
    )
    result = fit.fit_design(build.build_design(Frame(columns, len(frame)), request), request, None, None)
    return result.estimate.params, result.inference.std_error
