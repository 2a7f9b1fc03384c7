"""`impact version` against what the packages say of themselves."""

from __future__ import annotations

import json
import platform
from importlib import metadata

import numpy as np
import pandas as pd
import scipy

import impact
from impact.kernels import compiled


def test_versions_are_those_of_the_packages(call):
    facts = json.loads(call("version", "--format", "json").out)
    assert facts["impact"] == impact.__version__
    assert facts["python"] == platform.python_version()
    packages = facts["packages"]
    loaded = (np.__version__, scipy.__version__, pd.__version__)
    assert (packages["numpy"], packages["scipy"], packages["pandas"]) == loaded
    assert packages == {name: metadata.version(name) for name in packages}
    assert facts["compiled"] is (compiled._extension is not None)


def test_text_in_both_languages(call):
    assert call("version").out.startswith(f"impact {impact.__version__}\n")
    assert "sistema" in call("version", "--lang", "es").out
