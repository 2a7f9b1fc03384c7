import csv
import io

from impact.outputs._request import OutputRequest
from impact.outputs.results_csv import FIRST, csv_bytes, write


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_rows_read_back_with_every_number(document):
    rows = read(write(document, OutputRequest())["results.csv"])
    assert len(rows) == len(document["rows"])
    assert tuple(rows[0])[: len(FIRST)] == FIRST
    for shown, row in zip(rows, document["rows"], strict=True):
        for field, value in row.items():
            if isinstance(value, float):
                assert float(shown[field]) == value
            elif value is None:
                assert shown[field] == ""


def test_text_is_safe_and_numbers_stay_numbers():
    content = csv_bytes(("a", "b"), [{"a": "=cmd()", "b": -1.5}, {"a": 'say "x", y\n', "b": "-inf"}])
    assert read(content) == [{"a": "'=cmd()", "b": "-1.5"}, {"a": 'say "x", y\n', "b": "-inf"}]
    assert b"\r" not in content


def test_text_in_two_languages_is_one_text():
    content = csv_bytes(("model", "why"), [{"model": "a", "why": {"en": "too few", "es": "muy pocas"}}])
    assert read(content) == [{"model": "a", "why": "too few"}]
