"""Clustered variances against fixest, clubSandwich and summclust figures, and against dense definitions."""

from __future__ import annotations

import pytest

from impact.core.errors import DesignError
from impact.inference.cluster import ClusterOptions, infer

TIGHT = 1e-9


def errors(fit, cluster, **options):
    return infer(fit.estimate, fit.design, ClusterOptions(cluster=cluster, **options), 0.95)


# fixest 0.13 (R 4.2.2), y ~ D + z | i + t: cluster, options → SE(D), SE(z), K, df
FIXEST = [
    ("i", {}, 0.0810188481501, 0.0604603905587, 10, 59),
    ("c", {}, 0.0845464086528, 0.0486160617772, 10, 11),
    ("t", {}, 0.0382680973048, 0.1077466127400, 62, 7),
    (("c", "t"), {}, 0.0701707168131, 0.0918854282246, 3, 7),
    (("i", "t"), {}, 0.0724880701649, 0.1059337378420, 3, 7),
    (("c", "t"), {"ssc": {"g": "conventional"}}, 0.0708615303331, 0.0938876870497, 3, 7),
    ("i", {"ssc": {"k": "full"}}, 0.0866391299851, 0.0646545310896, 69, 59),
    ("i", {"ssc": {"k": "none"}}, 0.0803380054228, 0.0599523110421, 2, 59),
    ("i", {"ssc": {"n": False}}, 0.0802541014778, 0.0598896976454, None, 59),
    ("i", {"ssc": "none"}, 0.0795825072316, 0.0593885198164, None, 59),
    ("i", {"ssc": "reghdfe"}, 0.0810188481501, 0.0604603905587, 10, 59),
]


@pytest.mark.parametrize(("cluster", "options", "se_d", "se_z", "k", "df"), FIXEST)
def test_fixest(two_way, cluster, options, se_d, se_z, k, df):
    found = errors(two_way, cluster, **options)
    assert two_way.estimate.params == pytest.approx([0.437392234238, 0.428551743451], abs=1e-11)
    assert found.std_error == pytest.approx([se_d, se_z], abs=TIGHT)
    assert found.variance["k"] == k
    assert found.df.tolist() == [df, df]


def test_p_value_of_fixest(two_way):
    assert errors(two_way, "i").p_value[0] == pytest.approx(1.2540811395e-06, rel=1e-8)


def test_weights(weighted):
    assert errors(weighted, "i").std_error == pytest.approx([0.0808865913694, 0.0620543518219], abs=TIGHT)


POOLED = [
    ("c", {}, [0.1442172622, 0.1011221228, 0.1164504396, 0.2196364251]),
    (("c", "t"), {}, [0.1852298367, 0.3048530545, 0.0869383004, 0.3202788664]),
    ("c", {"type": "cr0"}, [0.1376444441, 0.0965134004, 0.1111431168, 0.2096263177]),
    ("c", {"type": "cr2"}, [0.1454394755, 0.1012688333, 0.1167364981, 0.2211815641]),
    ("c", {"type": "cr3"}, [0.1537668959, 0.1063174346, 0.1226547282, 0.2336251604]),
]


@pytest.mark.parametrize(("cluster", "options", "expected"), POOLED)
def test_pooled(pooled, cluster, options, expected):
    assert errors(pooled, cluster, **options).std_error == pytest.approx(expected, abs=1e-10)


def test_satterthwaite_of_clubsandwich(pooled):
    found = errors(pooled, "c", type="cr2")
    assert found.df == pytest.approx([9.75916402, 10.93264481, 10.84194131, 9.82836464], abs=6e-9)
    assert errors(pooled, "c", type="cr3").df.tolist() == [11.0] * 4


def test_cr3_with_the_factors_of_pyfixest(pooled):
    assert errors(pooled, "c", type="cr3", ssc="fixest").std_error[0] == pytest.approx(0.1611095958, abs=1e-9)


def test_refusals(two_way):
    with pytest.raises(DesignError) as caught:
        errors(two_way, "nowhere")
    assert caught.value.code == "E534"
