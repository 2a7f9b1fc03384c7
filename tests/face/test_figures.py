"""`coefplot` and `iplot`: what is plotted is what the fits hold."""

from __future__ import annotations

import re

import pytest

import impact
from impact.core.errors import SpecError
from impact.face.figures import LEVEL, REFERENCE

PNG = b"\x89PNG"


def test_coefficients(test_panel, tmp_path):
    fit = impact.feols("y ~ D + z + x", test_panel)
    figure = impact.coefplot(
        fit, path=tmp_path / "c.svg", more={"labels": {"D": "Treated"}, "title": "All terms"}
    )
    data = figure.data
    assert dict(zip(data["term"], data["estimate"], strict=True)) == {
        term: value for term, value in fit.coef().items() if term != "Intercept"
    }
    low, high = fit.confint()["D"]
    row = data.set_index("term").loc["D"]
    assert (row["ci_low"], row["ci_high"]) == (low, high)
    assert (tmp_path / "c.svg").read_bytes() == figure.svg
    assert figure.title == "All terms"
    assert figure.save(tmp_path / "c.png").read_bytes()[:4] == PNG
    assert (
        figure.save(tmp_path / "c.csv")
        .read_text()
        .splitlines()[0]
        .startswith("row,model,group,term,estimate")
    )
    page = figure._repr_html_()
    assert 'role="img"' in page
    assert "<figcaption>All terms" in page
    assert "<script" not in page
    assert figure.sentence in repr(figure)


def test_only_some_terms(test_panel):
    fits = {"a": impact.feols("y ~ D + z", test_panel), "b": impact.feols("y ~ D + z | i", test_panel)}
    data = impact.coefplot(fits, terms="D").data
    assert data["estimate"].tolist() == [fit.coef()["D"] for fit in fits.values()]


def test_effects_by_period(event_fit, cs_fit):
    data = impact.iplot({"regression": event_fit, "groups": cs_fit}).data
    own = data[data["model"] == "m1"]
    assert own["time"].tolist() == [-4, -3, -2, -1, 0, 1, 2, 3]
    estimates = dict(zip(own["time"], own["estimate"], strict=True))
    assert estimates[-1] == 0
    assert estimates[2] == event_fit.coef()["rel::2"]
    other = data[data["model"] == "m2"]
    assert other["estimate"].tolist() == cs_fit.event()["estimate"].tolist()


def test_results_of_another_package(counties, event_fit):
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is an extra (bench)")

    fit = pyfixest.feols("lemp ~ i(rel, ref=-1) | countyreal + year", counties, vcov={"CRV1": "countyreal"})
    mine = impact.iplot(event_fit).data.set_index("time")["estimate"]
    theirs = impact.iplot([fit]).data.set_index("time")["estimate"]
    for time in theirs.index:
        assert theirs[time] == pytest.approx(mine[time], abs=1e-8)


def test_the_natural_figure(test_panel, cs_fit, tmp_path):
    assert impact.iplot(cs_fit).svg == cs_fit.plot().svg
    fit = impact.feols("y ~ D", test_panel)
    assert fit.plot(tmp_path / "p.png").data["term"].tolist() == ["D"]
    assert (tmp_path / "p.png").read_bytes()[:4] == PNG


def test_the_same_bytes_again(cs_fit):
    assert impact.iplot(cs_fit).svg == impact.iplot(cs_fit).svg
    assert re.search(rb"<svg", impact.iplot(cs_fit, language="es").svg)


@pytest.mark.parametrize(
    ("call", "code", "hint"),
    [
        (lambda fit: impact.coefplot(fit, terms="DD"), "E606", "D"),
        (lambda fit: impact.coefplot(fit, terms=5), "E609", ""),
        (lambda fit: impact.coefplot("fit"), "E698", ""),
        (lambda fit: impact.coefplot(fit, path="c.bmp"), "E609", ""),
        (lambda fit: impact.coefplot(fit, more={"titel": "x"}), "E102", "title"),
        (lambda fit: impact.coefplot(fit, language="de"), "E609", ""),
        (impact.iplot, "E713", ""),
    ],
)
def test_mistakes_are_named(test_panel, call, code, hint):
    with pytest.raises(SpecError) as caught:
        call(impact.feols("y ~ D + z", test_panel))
    assert (caught.value.code, caught.value.suggestion) == (code, hint)


def test_levels_and_references():
    assert LEVEL.fullmatch("rel::-2")[2] == "-2"
    assert LEVEL.fullmatch("C(rel, contr.treatment(base=-1))[T.-2]").groups() == ("rel", "-2")
    assert LEVEL.fullmatch("C(rel)[3.5]")[2] == "3.5"
    assert LEVEL.fullmatch("x1") is None
    assert REFERENCE.search("y ~ i(rel, ref=-1) | a")[2] == "-1"
