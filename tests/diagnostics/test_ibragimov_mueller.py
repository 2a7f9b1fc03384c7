"""The model group by group, against least squares written out and scipy's one-sample t-test; groups left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from impact.core.designs import Factor
from impact.diagnostics.ibragimov_mueller import IbragimovMuellerOptions, examine


def with_blocks(design, blocks):
    """The design with a cluster variable `block` that cuts its units into as many groups."""
    codes = (design.treatment.unit.codes % blocks).astype(np.int32)
    return replace(
        design, clusters={**design.clusters, "block": Factor("block", codes, tuple(range(blocks)))}
    )


def dense(design, keep):
    """The treatment coefficient by dummies on the kept rows."""
    columns = [design.x[keep, 0]]
    for effect in design.absorb:
        codes = effect.factor.codes[keep]
        columns += [(codes == code).astype(float) for code in np.unique(codes)]
    return np.linalg.lstsq(np.column_stack(columns), design.y[keep], rcond=None)[0][0]


def test_estimates_of_groups_and_their_t(make):
    """Six blocks, three of them with a treated unit; t.test(b) of R, here scipy's."""
    design = with_blocks(make.design(4, units=12, treated=3, effect=1.0), 6)
    result = make.fitted(design)
    found = examine(make.question("ibragimov_mueller", result), IbragimovMuellerOptions(unit="block"))[0]
    codes = design.clusters["block"].codes
    expected = {str(block): dense(design, codes == block) for block in (0, 1, 4)}
    assert found.details["estimates"] == pytest.approx(expected, abs=1e-9)
    test = stats.ttest_1samp(list(expected.values()), 0.0)
    assert (found.statistic, found.p_value) == (pytest.approx(test.statistic), pytest.approx(test.pvalue))
    interval = test.confidence_interval(0.95)
    assert (found.ci_low, found.ci_high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert found.df == 2 and found.verdict == "note"
    assert "3 groups of block" in found.sentence
    assert sorted(found.details["left_out"]) == ["2", "3", "5"]
    assert "left out: 3 (2, 3, 5)" in found.sentence


def test_too_few_groups_or_none(make):
    design = with_blocks(make.design(4, units=9, treated=1, effect=1.0), 3)
    result = make.fitted(design)
    few = examine(make.question("ibragimov_mueller", result), IbragimovMuellerOptions(unit="block"))[0]
    assert few.p_value is None and "needs two" in few.sentence
    none = examine(make.question("ibragimov_mueller", result), IbragimovMuellerOptions(unit="region"))[0]
    assert none.verdict == "note" and "region" in none.sentence
