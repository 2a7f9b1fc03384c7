import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.outputs.results_json import json_bytes, plain_value


@given(value=st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=200)
def test_every_float_reads_back(value):
    read = json.loads(json_bytes({"x": value}))["x"]
    assert read == value
    digits = json_bytes({"x": value}).decode().split(":")[1].lower().split("e")[0]
    assert sum(sign.isdigit() for sign in digits.lstrip(" -0.")) <= 17


def test_undefined_and_infinite_numbers():
    values = [
        float("nan"),
        float("inf"),
        float("-inf"),
        -0.0,
        np.float64(0.5),
        np.int32(3),
        np.array([1.5, np.nan]),
    ]
    assert plain_value(values) == [None, "inf", "-inf", 0.0, 0.5, 3, [1.5, None]]
    assert str(plain_value(-0.0)) == "0.0"


def test_bytes_do_not_depend_on_the_order_of_keys(document):
    turned = dict(reversed(document.items()))
    assert json_bytes(turned) == json_bytes(document)
    assert json_bytes(document).endswith(b"}\n")
    assert json.loads(json_bytes(document)) == plain_value(document)
    assert "ñandú".encode() in json_bytes(document)


@pytest.mark.parametrize("value", [{1, 2}, object(), 1j])
def test_values_without_a_place_are_refused(value):
    with pytest.raises(TypeError, match=r"results\.json"):
        json_bytes({"x": value})
