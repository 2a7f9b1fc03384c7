"""`data: {lab: {…}}`: what is taken and refused, columns without making the table, and the hash of the settings."""

from __future__ import annotations

import numpy as np
import pytest

import impact
import impact.data.peru_lab.sample as sample
import impact.data.surveys.lab as lab_source
from impact.core.errors import DataError, Place, SpecError
from impact.data.peru_lab.settings import KNOBS, RANGES, Knobs, Settings
from impact.data.peru_lab.tables import TABLES, make_table
from impact.data.surveys.lab import LabKnobs, LabOptions
from impact.pipeline.check import check_spec
from impact.pipeline.street import read_data
from impact.plan import make_plan
from impact.schema.load import load_nodes
from impact.schema.nodes import from_plain


def tree(block, formula="count ~ exposure | ubigeo + month", **keys):
    spec = {"spec": 1, "study": "lab", "data": {"lab": block, **keys}, "model": formula}
    return from_plain(spec, Place(file="s.yaml"))


def test_the_options_are_the_generators():
    defaults = LabKnobs.model_validate({})
    assert {name: getattr(defaults, name) for name in KNOBS} == {
        name: getattr(Knobs(), name) for name in KNOBS
    }
    schema = LabKnobs.model_json_schema()["properties"]
    for name, (low, high) in RANGES.items():
        if name != "strong":
            assert (schema[name]["minimum"], schema[name]["maximum"]) == (low, high)
    tables = LabOptions.model_json_schema()["properties"]["table"]["enum"]
    assert tuple(tables) == tuple(TABLES)


def test_a_spec_reads_what_the_generator_makes():
    plan = make_plan(tree({"table": "crimes", "world": "mixed", "seed": 3, "set": {"ar": 0}}))
    frame, _ = read_data(plan)
    made = make_table("crimes", Settings("mixed", "small", 3, Knobs(ar=0.0)))
    assert set(frame.columns) == {"count", "exposure", "ubigeo", "month"}
    for name, values in frame.columns.items():
        assert np.array_equal(values, made[name]), name
    facts = frame.files["main"]
    assert facts["access"] == "synthetic" and facts["file"] == "lab:crimes"
    assert facts["options"]["set"]["ar"] == 0


def test_the_hash_is_that_of_the_settings():
    def digest(**options):
        plan = make_plan(tree({"table": "refugees", **options}, "submitted ~ visa_rule"))
        return read_data(plan)[0].files["main"]["sha256"]

    base = digest()
    assert digest(seed=1, world="ac2020", size="small") == base
    others = [digest(seed=2), digest(world="null"), digest(size="full"), digest(set={"ar": 0.1})]
    assert len({base, *others}) == 5


def test_the_null_world_may_be_written_without_quotes():
    """In YAML `null` is nothing; here it is the name of a world."""
    plan = make_plan(
        load_nodes("spec: 1\ndata: {lab: {table: crimes, world: null}}\nmodel: count ~ exposure\n", name="s")
    )
    assert plan.sources[0].asked.options.world == "null"


def test_check_makes_nothing(monkeypatch):
    monkeypatch.setattr(lab_source, "make_table", lambda *_: pytest.fail("made"))
    assert check_spec(tree({"table": "persons"}, "keep4 ~ exposure | ubigeo")) == ([], 0)
    (fault,), status = check_spec(tree({"table": "persons"}, "keep4 ~ exposur | ubigeo"))
    assert (fault.code, fault.suggestion, status) == ("E514", "exposure", 3)


@pytest.mark.parametrize(
    ("block", "code", "suggestion"),
    [
        ({}, "E103", ""),
        ({"table": "crime"}, "E105", "crimes"),
        ({"table": "crimes", "world": "nul"}, "E105", "null"),
        ({"table": "crimes", "size": "big"}, "E105", ""),
        ({"table": "crimes", "seed": -1}, "E106", ""),
        ({"table": "crimes", "seed": "one"}, "E104", ""),
        ({"table": "crimes", "sede": 1}, "E102", "seed"),
        ({"table": "crimes", "set": {"rho_srt": 0}}, "E102", "rho_sort"),
        ({"table": "crimes", "set": {"ar": 1}}, "E106", ""),
        ({"table": "crimes", "set": {"rho_sort": 0.9}}, "E266", ""),
        ({"table": "truth"}, "E105", ""),
    ],
)
def test_what_is_refused(block, code, suggestion):
    with pytest.raises(SpecError) as caught:
        make_plan(tree(block))
    assert (caught.value.faults[0].code, caught.value.faults[0].suggestion) == (code, suggestion)


def test_synthetic_data_cannot_be_called_something_else():
    faults, status = check_spec(tree({"table": "crimes"}, access="public"))
    assert [one.code for one in faults] == ["E268"] and status == DataError.exit_status
    assert check_spec(tree({"table": "crimes"}, access="synthetic")) == ([], 0)


def test_two_tables_are_joined(monkeypatch):
    monkeypatch.setitem(sample.A_QUARTER, "small", 1_000)
    spec = {
        "spec": 1,
        "study": "joined",
        "data": {"main": {"lab": {"table": "persons"}}, "places": {"lab": {"table": "districts"}}},
        "joins": {
            "places": {"on": ["ubigeo", "quarter"], "columns": ["km_tumbes"], "expect": {"unmatched": 0}}
        },
        "model": "keep4 ~ exposure + km_tumbes",
    }
    document = impact.run(spec, out=None).document
    assert document["synthetic"] is True and set(document["data"]) == {"main", "places"}
    assert [row["term"] for row in document["rows"]] == ["Intercept", "exposure", "km_tumbes"]


def test_everything_that_is_made_from_it_says_so(tmp_path):
    spec = {
        "spec": 1,
        "study": "said",
        "language": ["en", "es"],
        "data": {"lab": {"table": "cities"}},
        "models": {"m": "paid_employment ~ exposure | city + quarter"},
        "tables": {"bare": {"columns": ["m"], "default_notes": False}, "usual": {"columns": ["m"]}},
        "figures": {"c": {"kind": "coefplot"}},
    }
    study = impact.run(spec, out=tmp_path)
    words = {"en": "Synthetic data", "es": "Datos sintéticos"}
    for language, word in words.items():
        for table in ("bare", "usual"):
            for suffix in ("md", "html"):
                text = (study.path / "tables" / f"{table}.{language}.{suffix}").read_text(encoding="utf-8")
                assert word in text, (table, language, suffix)
            for name in (f"{table}.{language}.tex", f"{table}-float.{language}.tex"):
                assert word in (study.path / "tables" / name).read_text(encoding="utf-8"), name
        assert word in (study.path / "figures" / f"c.{language}.svg").read_text(encoding="utf-8")
        page = "report.html" if language == "en" else "report.es.html"
        assert word in (study.path / page).read_text(encoding="utf-8")
    assert "synthetic" in (study.path / "results.csv").read_text(encoding="utf-8").splitlines()[0]
    assert "synthetic" in (study.path / "figures" / "c.csv").read_text(encoding="utf-8").splitlines()[0]
    assert '"synthetic": true' in (study.path / "manifest.json").read_text(encoding="utf-8")
