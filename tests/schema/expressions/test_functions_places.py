"""Place codes of Peru: zeros put back and counted, systems never mixed, names and codes in both directions."""

from __future__ import annotations

import numpy as np
import pytest

from impact.core.errors import DataError, SpecError
from impact.core.ubigeo import CODES, DEPARTMENTS, FROM_RENIEC, full_code, plain
from impact.schema.expressions.context import Context, event_notices
from impact.schema.expressions.evaluate import evaluate
from impact.schema.expressions.parse import parse_expression


def found(text, **columns):
    arrays = {
        name: np.array(values, dtype=object if any(isinstance(v, str) for v in values) else float)
        for name, values in columns.items()
    }
    context = Context(rows=len(next(iter(arrays.values()))))
    values = evaluate(parse_expression(text), arrays, context)
    return values.tolist(), {notice.code: notice for notice in event_notices(context.events)}


def test_zeros_come_back_and_are_counted():
    values, told = found("ubigeo(x)", x=[10101, 150101, np.nan, 20])
    assert values == ["010101", "150101", None, "20"]
    assert told["W474"].details["count"] == "1"
    values, told = found("ubigeo(x)", x=["10101", "010101", " 150101 ", "15.0"])
    assert values == ["010101", "010101", "150101", "15"]
    # blanks and a decimal point are repaired, too
    assert told["W474"].details["count"] == "2"


def test_text_and_number_give_the_same():
    number, _ = found("ubigeo(x)", x=[10101, 70101])
    text, _ = found("ubigeo(x)", x=["010101", "070101"])
    assert number == text


def test_what_is_no_code_is_missing_and_told():
    values, told = found("ubigeo(x)", x=["260101", "150100", "abc", "1501011", "-1", "150101"])
    assert values == [None] * 5 + ["150101"]
    assert told["W413"].details["count"] == "5"


def test_department_and_province():
    assert found("department(x)", x=[10101, 2001, 7])[0] == ["01", "20", "07"]
    values, told = found("province(x)", x=[10101, 2001, 7])
    assert values == ["0101", "2001", None] and told["W413"].details["count"] == "1"


@pytest.mark.parametrize(
    ("reniec", "name"), [("24", "Callao"), ("07", "Cusco"), ("14", "Lima"), ("19", "Piura"), ("23", "Tumbes")]
)
def test_departments_of_reniec(reniec, name):
    """The numbers that differ, as the two offices print them."""
    assert DEPARTMENTS[FROM_RENIEC[reniec]] == name
    assert found('department_name(department(x, from="reniec"))', x=[f"{reniec}0101"])[0] == [name]
    assert found('ubigeo(x, from="reniec")', x=[reniec])[0] == [CODES[plain(name)]]


def test_every_department_is_mapped_once():
    assert (
        sorted(FROM_RENIEC) == sorted(FROM_RENIEC.values()) == sorted(DEPARTMENTS) and len(DEPARTMENTS) == 25
    )


def test_departments_of_sunat_are_those_of_inei():
    assert found('department(x, from="sunat")', x=["070101"])[0] == ["07"]


@pytest.mark.parametrize("system", ["reniec", "sunat"])
def test_districts_of_other_systems_are_refused_by_name(system):
    with pytest.raises(DataError) as caught:
        found(f'ubigeo(x, from="{system}")', x=["140101"])
    assert caught.value.code == "E414" and system.upper() in caught.value.faults[0].message


def test_an_unknown_system_is_refused():
    with pytest.raises(DataError) as caught:
        found('department(x, from="ine")', x=["140101"])
    assert "inei, reniec, sunat" in caught.value.faults[0].message
    with pytest.raises(SpecError):
        found('province(x, from="reniec")', x=["140101"])


def test_names_and_codes():
    values, told = found("department_code(x)", x=["ÁNCASH", "la libertad", "Cuzco", "Atlantis", "San Martin"])
    assert values == ["02", "13", "08", None, "22"] and told["W413"].details["count"] == "1"
    assert found("department_name(x)", x=[20101, 70102])[0] == ["Áncash", "Callao"]


@pytest.mark.parametrize("code", DEPARTMENTS)
def test_names_lead_back_to_their_code(code):
    assert CODES[plain(DEPARTMENTS[code])] == code


@pytest.mark.parametrize(
    ("written", "code"), [("1", "01"), ("101", "0101"), ("01", "01"), ("0", None), ("", None)]
)
def test_short_codes(written, code):
    assert full_code(written) == code
