"""The run of a ledger: every scenario at the inputs' values and in every draw, checked and summarized."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from impact.core.arrays import Floats
from impact.core.errors import DataError, Notice, Place
from impact.core.ledgers import IdentityResult, InputResult, LedgerResult, LineResult, ScenarioResult
from impact.core.texts import fault, text
from impact.kernels.ledger.ranks import rank_correlation
from impact.pipeline.ledger.breakeven import breakeven_notices, breakevens
from impact.pipeline.ledger.drivers import drivers_of
from impact.pipeline.ledger.worlds import Uniforms, drawn_world, draws_of, point_world, uniforms_of
from impact.schema.ledger.evaluate import World
from impact.schema.ledger.outputs import is_share_of_draws
from impact.schema.ledger.requests import Identity, LedgerRequest, Output, Scenario

CENT = 0.005
# gaps that come from the rounding of doubles alone, as a share of the largest side
ROUNDING = 1e-13
QUARTILES = (0.25, 0.5, 0.75)


def run_ledger(request: LedgerRequest, seed: int | None) -> tuple[LedgerResult, tuple[Notice, ...]]:
    """All scenarios of a ledger, and what the user should know.

    Raises:
        DataError: E443 an identity that does not close, E444 a line that is not defined.
    """
    drawn = uniforms_of(request, seed)
    scenarios = []
    gaps: dict[str, float] = {}
    drivers = []
    for scenario in request.scenarios:
        worlds = {"point": point_world(request, scenario)}
        if drawn:
            worlds["draws"] = drawn_world(request, scenario, drawn)
        for kind, world in worlds.items():
            refuse_undefined(request, scenario, world, drawn=kind == "draws")
            for identity in request.identities:
                gap = gap_of(request, scenario, world, identity, drawn=kind == "draws")
                gaps[identity.text] = max(gaps.get(identity.text, 0.0), gap)
        lines = tuple(_lines(request, scenario, worlds["point"], worlds.get("draws")))
        scenarios.append(ScenarioResult(scenario.name, lines, tuple(_inputs(request, scenario))))
        drivers += drivers_of(request, scenario, worlds.get("draws"), drawn)
    found = breakevens(request)
    result = LedgerResult(
        scenarios=tuple(scenarios),
        breakeven=found,
        drivers=tuple(drivers),
        identities=tuple(IdentityResult(name, gap) for name, gap in gaps.items()),
        correlations=_correlations(request, drawn),
    )
    return result, (*request.notices, *breakeven_notices(found))


def refuse_undefined(request: LedgerRequest, scenario: Scenario, world: World, *, drawn: bool) -> None:
    """Every line is a number in every year and draw.

    Raises:
        DataError: E444 the first that is not.
    """
    for group in request.groups:
        for name in group.names:
            held = world.held[name]
            bad = ~np.isfinite(held.values)
            if bad.any():
                draw, year = (int(place) for place in np.argwhere(bad)[0])
                where = scenario.name, held.first + year, _draw_words(draw, drawn=drawn)
                raise _undefined(name, request.equations[name].expression.place, where)


def _undefined(line: str, place: Place | None, where: tuple[str, object, str]) -> DataError:
    scenario, year, draw = where
    return DataError(fault("E444", place=place, line=line, scenario=scenario, year=year, draw=draw))


def _draw_words(draw: int, *, drawn: bool) -> str:
    return text("ledger.draw", number=draw + 1) if drawn else text("ledger.at_values")


def gap_of(
    request: LedgerRequest, scenario: Scenario, world: World, identity: Identity, *, drawn: bool
) -> float:
    """The largest gap between the sides of an identity.

    Raises:
        DataError: E443 it is above half a cent and above rounding.
    """
    left, right = (world.value(side.root) for side in (identity.left, identity.right))
    gap = np.abs(left - right)
    allowed = np.maximum(CENT, ROUNDING * np.maximum(np.abs(left), np.abs(right)))
    open_ = ~(gap <= allowed)
    if open_.any():
        draw, year = np.unravel_index(int(np.argmax(np.where(open_, gap, -1.0))), gap.shape)
        by_year = gap.shape[1] > 1 or request.first == request.last
        raise DataError(
            fault(
                "E443",
                place=identity.place,
                identity=identity.text,
                scenario=scenario.name,
                year=request.first + int(year) if by_year else f"{request.first}–{request.last}",
                draw=_draw_words(int(draw), drawn=drawn),
                gap=f"{float(gap[draw, year]):,.2f}",
            )
        )
    return float(gap.max())


def _lines(
    request: LedgerRequest, scenario: Scenario, point: World, drawn: World | None
) -> Iterator[LineResult]:
    """Every output, by year where it differs by year.

    Raises:
        DataError: E444 an output that is not defined.
    """
    for one in request.outputs:
        source = drawn if is_share_of_draws(one.expression) and drawn is not None else point
        if is_share_of_draws(one.expression) and drawn is None:
            continue
        values = _values(source, one)
        draws = None if drawn is None or source is drawn else _values(drawn, one)
        for kind, found in (("point", values), ("draws", draws)):
            if found is not None and not np.isfinite(found).all():
                draw, year = (int(place) for place in np.argwhere(~np.isfinite(found))[0])
                when = one.years[year] if one.by_year else f"{request.first}–{request.last}"
                where = scenario.name, when, _draw_words(draw, drawn=kind == "draws")
                raise _undefined(one.name, one.expression.place, where)
        times: tuple[int | None, ...] = one.years or (None,)
        for place, time in enumerate(times):
            own = draws[:, min(place, draws.shape[1] - 1)] if draws is not None else None
            estimate = float(values[0, min(place, values.shape[1] - 1)])
            error = _share_error(estimate, request.draws) if source is drawn else np.nan
            yield _line(one, time, estimate, own, error, request.level)


def _values(world: World, one: Output) -> Floats:
    if one.uses == (one.name,) and one.name in world.held and not one.by_year:
        return world.held[one.name].values[:, -1:]
    return world.value(one.expression.root)


def _share_error(share: float, draws: int | None) -> float:
    """The standard error of a share of draws: how well it is known, not how uncertain the account is."""
    return float(np.sqrt(max(share * (1 - share), 0.0) / (draws or 1)))


def _line(
    one: Output, year: int | None, point: float, draws: Floats | None, error: float, level: float
) -> LineResult:
    if draws is None or draws.size <= 1:
        missing = float("nan")
        known = point if draws is not None else missing
        spread = 0.0 if draws is not None else error
        positive = float(point > 0) if draws is not None else missing
        return LineResult(
            one.name, year, point, spread, known, known, known, known, known, positive, one.unit
        )
    ordered = np.sort(draws)
    tail = (1 - level) / 2
    low, quarter, median, three, high = (_quantile(ordered, share) for share in (tail, *QUARTILES, 1 - tail))
    return LineResult(
        one.name,
        year,
        point,
        float(draws.std(ddof=1)),
        low,
        quarter,
        median,
        three,
        high,
        float((draws > 0).mean()),
        one.unit,
    )


def _quantile(ordered: Floats, share: float) -> float:
    """The quantile of sorted values, between neighbours by their distance (type 7 of Hyndman and Fan 1996)."""
    place = share * (len(ordered) - 1)
    below = int(np.floor(place))
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def _inputs(request: LedgerRequest, scenario: Scenario) -> Iterator[InputResult]:
    for name, one in scenario.inputs.items():
        span = request.first, request.last
        ends = [None if end is None else end.over(*span) for end in (one.low, one.high)]
        yield InputResult(name, one.point.over(*span), ends[0], ends[1])


def _correlations(request: LedgerRequest, drawn: Uniforms) -> Mapping[str, tuple[float, float]]:
    """Pair → the correlation asked of the normals, and the rank correlation of the draws of the first scenario."""
    found = {}
    for first, second, rho in request.correlate:
        inputs = request.inputs
        left, right = (draws_of(request, inputs[name], drawn)[:, 0] for name in (first, second))
        found[f"{first}~{second}"] = (rho, rank_correlation(left, right))
    return found
