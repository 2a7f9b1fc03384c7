"""The inputs of a scenario as arrays: at their values, in every draw, or with one of them varied; then all lines."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np

from impact.core.arrays import Floats
from impact.kernels.ledger.draws import quantile, uniforms
from impact.schema.ledger.evaluate import Held, World, evaluate
from impact.schema.ledger.requests import Input, LedgerRequest, Scenario
from impact.schema.ledger.settings import correlation_matrix

Uniforms = Mapping[str, Floats]


def uniforms_of(request: LedgerRequest, seed: int | None) -> dict[str, Floats]:
    """Input → (draws, years or 1) uniforms, the same in every scenario.

    Each input draws from a stream of its own, found by its name: adding an input, or another order, moves no draws.
    """
    if request.draws is None:
        return {}
    random = sorted(
        {name for scenario in request.scenarios for name, one in scenario.inputs.items() if one.is_random}
    )
    names, matrix = correlation_matrix(request.correlate)
    together = tuple(name for name in names if name in random)
    found: dict[str, Floats] = {}
    if together:
        rows = [names.index(name) for name in together]
        block = np.stack([_normals(request, name, seed) for name in together])
        joined = uniforms(block, matrix[np.ix_(rows, rows)])
        found |= dict(zip(together, joined, strict=True))
    for name in random:
        if name not in found:
            found[name] = uniforms(_normals(request, name, seed)[None])[0]
    return found


def _normals(request: LedgerRequest, name: str, seed: int | None) -> Floats:
    by_year = any(scenario.inputs[name].draw == "year" for scenario in request.scenarios)
    years = request.last - request.first + 1 + request.reach.get(name, 0) if by_year else 1
    stream = zlib.crc32(f"inputs.{name}".encode())
    generator = np.random.default_rng(np.random.SeedSequence(entropy=seed or 0, spawn_key=(stream,)))
    # years outermost, counted back from the last: a longer reach adds years before and moves no draws
    return np.ascontiguousarray(generator.standard_normal((years, request.draws or 0))[::-1].T)


def point_world(
    request: LedgerRequest, scenario: Scenario, varied: Mapping[str, Floats] | None = None
) -> World:
    """All lines at the inputs' values; ``varied``: input → (m, years or 1) values that take the place of its own."""
    own = varied or {}
    held = {
        name: _held(request, one, own.get(name, one.point.over(*_span(request, name))[None, :]))
        for name, one in scenario.inputs.items()
    }
    return _evaluated(request, held)


def drawn_world(request: LedgerRequest, scenario: Scenario, drawn: Uniforms) -> World:
    """All lines in every draw."""
    return _evaluated(
        request,
        {name: _held(request, one, draws_of(request, one, drawn)) for name, one in scenario.inputs.items()},
    )


def draws_of(request: LedgerRequest, one: Input, drawn: Uniforms) -> Floats:
    """(draws or 1, years or 1) values of an input."""
    span = _span(request, one.name)
    point = one.point.over(*span)
    if not one.is_random or one.low is None or one.high is None or one.name not in drawn:
        return point[None, :]
    u = drawn[one.name]
    if one.draw == "path" and u.shape[1] > 1:
        u = u[:, -1:]
    return quantile(one.dist, u, one.low.over(*span), point, one.high.over(*span))


def _span(request: LedgerRequest, name: str) -> tuple[int, int]:
    return request.first - request.reach.get(name, 0), request.last


def _held(request: LedgerRequest, one: Input, values: Floats) -> Held:
    return Held(_span(request, one.name)[0], values)


def _evaluated(request: LedgerRequest, held: dict[str, Held]) -> World:
    world = World(request.first, request.last, request.discount, held)
    evaluate(world, request.equations, request.groups)
    return world
