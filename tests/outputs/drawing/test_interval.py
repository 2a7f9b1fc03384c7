import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from impact.outputs.drawing.interval import draw_interval


@pytest.fixture
def axes():
    figure = Figure(figsize=(4, 3))
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set(xlim=(-1, 1), ylim=(-2, 2))
    return axes


def ends(axes):
    """Both ends of what was drawn, in fractions of the axes."""
    axes.figure.canvas.draw()
    (found,) = axes.texts
    box = found.arrow_patch.get_window_extent()
    return axes.transAxes.inverted().transform([(box.x0, box.y0), (box.x1, box.y1)])


def test_a_known_interval_is_a_solid_line(axes):
    draw_interval(axes, 3.0, -0.5, 0.25, along="x", color="k", width=1.0)
    draw_interval(axes, 3.0, -0.5, 0.25, along="y", color="k", width=1.0)
    first, second = axes.lines
    assert list(first.get_xdata()) == list(second.get_ydata()) == [-0.5, 0.25]
    assert list(first.get_ydata()) == list(second.get_xdata()) == [3.0, 3.0]


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [("-inf", "inf", (0.0, 1.0)), ("-inf", 0.5, (0.0, 0.75)), (-0.5, "inf", (0.25, 1.0))],
)
def test_an_end_that_is_not_there_is_the_edge(axes, low, high, wanted):
    draw_interval(axes, 0.0, low, high, along="x", color="k", width=1.0)
    assert not axes.lines
    found = ends(axes)
    assert found[:, 0] == pytest.approx(wanted, abs=1e-3)
    assert found[:, 1] == pytest.approx([0.5, 0.5], abs=1e-3)


def test_upright(axes):
    draw_interval(axes, 0.0, "-inf", 1.0, along="y", color="k", width=1.0)
    assert ends(axes)[:, 1] == pytest.approx([0.0, 0.75], abs=1e-3)


def test_no_interval_draws_nothing(axes):
    draw_interval(axes, 0.0, None, None, along="x", color="k", width=1.0)
    assert not axes.lines and not axes.texts
