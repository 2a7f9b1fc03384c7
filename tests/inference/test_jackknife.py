"""The cluster jackknife against leaving each cluster out and fitting again."""

from __future__ import annotations

import numpy as np
import pytest

from impact.inference.cluster import ClusterOptions
from impact.inference.cluster import infer as infer_cluster
from impact.inference.jackknife import JackknifeOptions, infer


def leave_out(dense, p, effects):
    params = []
    for cluster in range(1, 13):
        keep = p["c"] != cluster
        fit = dense(
            p["y"][keep],
            {"D": p["D"][keep], "z": p["z"][keep]},
            absorb={name: p[name][keep] for name in effects},
        )
        params.append(fit.estimate.params)
    return np.array(params)


@pytest.mark.parametrize("effects", [("i", "t"), ("t",)])
def test_equal_to_fitting_again(dense, test_panel, effects):
    p = test_panel
    fit = dense(
        p["y"], {"D": p["D"], "z": p["z"]}, absorb={name: p[name] for name in effects}, clusters={"c": p["c"]}
    )
    without = leave_out(dense, p, effects)
    changes = without - fit.estimate.params
    found = infer(fit.estimate, fit.design, JackknifeOptions(cluster="c"), 0.95)
    np.testing.assert_allclose(found.vcov, changes.T @ changes * 11 / 12, rtol=1e-9)
    centred = without - without.mean(axis=0)
    found = infer(fit.estimate, fit.design, JackknifeOptions(cluster="c", centre="mean"), 0.95)
    np.testing.assert_allclose(found.vcov, centred.T @ centred * 11 / 12, rtol=1e-9)


def test_cv3_of_the_pooled_model(pooled):
    found = infer(pooled.estimate, pooled.design, JackknifeOptions(cluster="c"), 0.95)
    cr3 = infer_cluster(pooled.estimate, pooled.design, ClusterOptions(cluster="c", type="cr3"), 0.95)
    assert found.std_error[0] == pytest.approx(0.14722, abs=5e-6)  # summclust
    np.testing.assert_allclose(found.vcov, cr3.vcov * 11 / 12)
    assert found.df.tolist() == [11] * 4
