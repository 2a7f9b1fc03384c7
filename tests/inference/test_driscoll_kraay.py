"""Driscoll–Kraay against fixest and pyfixest."""

from __future__ import annotations

import pytest

from impact.inference.driscoll_kraay import DriscollKraayOptions, infer


def errors(fit, **options):
    return infer(fit.estimate, fit.design, DriscollKraayOptions(**options), 0.95)


@pytest.mark.parametrize(
    ("lags", "expected"),
    [(1, [0.0418807263987, 0.0984591841942]), (2, [0.0384519993090, 0.0636298252873])],
)
def test_fixest(two_way, lags, expected):
    found = errors(two_way, lags=lags)
    assert found.std_error == pytest.approx(expected, abs=1e-11)
    assert found.df.tolist() == [7, 7]
    assert found.variance["k"] == 62


def test_full_k_as_pyfixest(two_way):
    assert errors(two_way, lags=2, ssc={"k": "full"}).std_error[0] == pytest.approx(0.0387780669, abs=1e-9)


def test_time_by_name_and_without_lags_is_clustering_by_time(two_way):
    found = errors(two_way, lags=0, time="t", ssc="none")
    assert found.std_error[0] == pytest.approx(errors(two_way, lags=0, ssc="none").std_error[0])
