"""Counts as yearly rates per head, with a population that says whether migrants are in it.

    rate = per × periods a year × count / population,     population = residents + migrants

Where migrants commit and suffer crime but are missing from the population, the rate rises by about one per cent for
each percentage point of migrants with no change in behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from impact.core.arrays import Floats
from impact.core.errors import DataError, Notice
from impact.core.frames import Frame
from impact.core.texts import notice
from impact.data.constructed.tables import Construction, plain_moments
from impact.schema.constructed.rates import INCLUDED, LEFT_OUT, PERIODS_A_YEAR, RateBlock, population_name

CODE, POOLED = "E290", "E291"


def add_rates(frame: Frame, blocks: Mapping[str, RateBlock]) -> Frame:
    """The frame with its rates and their populations, and their facts under ``rates.NAME``.

    Raises:
        DataError: E290 counts or populations that cannot be, E291 kinds added up without saying so.
    """
    columns, constructed = dict(frame.columns), dict(frame.constructed)
    notices = list(frame.notices)
    for name, block in blocks.items():
        build = Construction("rates", name, CODE)
        counts = _counts(build, frame, block)
        population = _population(build, frame, block)
        a_year = PERIODS_A_YEAR[block.period]
        values = block.per * a_year * counts / population
        for made, column in ((name, values), (population_name(name), population)):
            column.setflags(write=False)
            columns[made] = column
        constructed[build.path] = {
            "count": list(block.count),
            "population": block.population,
            "migrants": block.migrants,
            "period": block.period,
            "periods_a_year": a_year,
            "per": block.per,
            "zero_counts": int(np.sum(counts == 0)),
            **plain_moments(values),
        }
        notices += _notices(build, block)
    return replace(frame, columns=columns, constructed=constructed, notices=tuple(notices))


def _counts(build: Construction, frame: Frame, block: RateBlock) -> Floats:
    """The counts, several kinds added up only where the block says so."""
    if len(block.count) > 1 and not block.pooled:
        raise DataError(build.fault(", ".join(block.count), key="count", code=POOLED))
    parts = [build.numbers(frame, name, "count") for name in block.count]
    for name, values in zip(block.count, parts, strict=True):
        known = values[~np.isnan(values)]
        if (known < 0).any() or (known != np.floor(known)).any():
            problem = f"'{name}' is no count: it has negative or fractional values"
            raise DataError(build.fault(problem, key="count"))
    found: Floats = np.sum(parts, axis=0)
    return found


def _population(build: Construction, frame: Frame, block: RateBlock) -> Floats:
    people = build.numbers(frame, block.population, "population").copy()
    if block.migrants not in (INCLUDED, LEFT_OUT):
        migrants = build.numbers(frame, block.migrants, "migrants")
        if (migrants < 0).any():
            problem = f"'{block.migrants}' is negative in {int((migrants < 0).sum())} rows"
            raise DataError(build.fault(problem, key="migrants"))
        people = people + migrants
    bad = int(np.sum(np.isnan(people) | (people <= 0)))
    if bad:
        problem = f"the population is missing or not positive in {bad} rows"
        raise DataError(build.fault(problem, key="population"))
    return people


def _notices(build: Construction, block: RateBlock) -> list[Notice]:
    found = []
    if block.migrants == LEFT_OUT:
        found.append(notice("W491", of=build.path, name=build.name, population=block.population))
    if len(block.count) > 1:
        found.append(notice("W492", of=build.path, name=build.name, kinds=", ".join(block.count)))
    return found
