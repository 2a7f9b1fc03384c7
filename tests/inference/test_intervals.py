"""Statistics, intervals and texts that every variance shares."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import impact.inference
from impact.core.texts import catalogue
from impact.inference._intervals import test_and_interval as read
from impact.inference.iid import IidOptions, infer


def test_student_and_normal():
    params, error = np.array([2.0, -1.0, 1.0]), np.array([1.0, 0.5, np.nan])
    statistic, p_value, low, high = read(params, error, np.array([10.0, np.inf, 5.0]), 0.95)
    assert statistic[:2].tolist() == [2.0, -2.0]
    # tables: t(10) of 2 has two-sided p 0.07339; the normal has 0.04550; quantiles 2.228139 and 1.959964
    assert p_value[:2] == pytest.approx([0.07338803, 0.04550026], abs=1e-8)
    assert high[0] - 2.0 == pytest.approx(2.2281388520)
    assert -1.0 - low[1] == pytest.approx(0.5 * 1.9599639845)
    assert np.isnan([statistic[2], p_value[2], low[2], high[2]]).all()


def test_error_of_zero_has_no_statistic():
    statistic, p_value, low, high = read(np.array([1.0]), np.array([0.0]), np.array([5.0]), 0.95)
    assert np.isnan(statistic[0])
    assert np.isnan(p_value[0])
    assert low[0] == high[0] == 1.0


def test_level_is_kept_and_used(two_way):
    wide, narrow = (infer(two_way.estimate, two_way.design, IidOptions(), level) for level in (0.99, 0.9))
    assert wide.level == 0.99
    assert np.all(wide.ci_low < narrow.ci_low)


def test_every_code_and_text_used_here_is_written_in_both_languages():
    folder = Path(next(iter(impact.inference.__path__)))
    source = "".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py")))
    codes = set(re.findall(r'"([EW]5\d\d)"', source))
    words = set(re.findall(r'"(inference\.[a-z_]+)"', source)) | {
        "inference.newey_west",
        "inference.driscoll_kraay",
    }
    assert {"E530", "W511"} <= codes
    for language in ("en", "es"):
        known = catalogue(language)
        assert not [code for code in sorted(codes | words) if code not in known]


def test_notes_are_written_in_both_languages(two_way):
    variance = infer(two_way.estimate, two_way.design, IidOptions(), 0.95).variance
    assert "K = 69" in variance["text"]
    assert "K = 69" in variance["text_es"]
    assert "{" not in variance["text"] + variance["text_es"]
