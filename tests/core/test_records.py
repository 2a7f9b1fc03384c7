"""Records: frozen, slotted, no method that draws or writes, and they survive pickling."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

import impact.core.designs as designs
import impact.core.estimates as estimates
import impact.core.findings as findings
import impact.core.frames as frames
import impact.core.registered as registered
from impact.core.designs import AbsorbedFactor, Design, Factor, Panel, Sample, Term, Treatment
from impact.core.estimates import Estimate, Influence, Linear
from impact.core.frames import Frame, Step

RECORDS = [
    record
    for module in (frames, designs, estimates, findings, registered)
    for record in vars(module).values()
    if dataclasses.is_dataclass(record) and record.__module__ == module.__name__
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_frozen_slotted_described(record):
    assert record.__dataclass_params__.frozen
    assert "__slots__" in vars(record)
    assert not record.__doc__.startswith(f"{record.__name__}(")


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_records_have_no_behaviour(record):
    methods = [name for name, value in vars(record).items() if callable(value) and not name.startswith("_")]
    assert methods == []


def made():
    factor = Factor("u", np.array([0, 1, 1], dtype=np.int32), ("a", "b"))
    design = Design(
        outcome="y",
        terms=(Term("x"),),
        y=np.arange(3.0),
        x=np.ones((3, 1)),
        sample=Sample(np.arange(3), (Step("f", "filter", 1),)),
        absorb=(AbsorbedFactor(factor),),
        treatment=Treatment(factor, np.array([0.0, 1.0]), np.ones((3, 1)), (0,)),
        panel=Panel(factor, factor, np.arange(3.0)),
    )
    linear = Linear(design.x, design.y, np.ones((1, 1)), absorb=design.absorb)
    influence = Influence(np.ones((2, 1)), np.array([0, 1], dtype=np.int32))
    estimate = Estimate(
        "ols", design.terms, np.ones(1), 3.0, 1, 2.0, linear=linear, influence=influence, design=design
    )
    return Frame({"x": np.arange(2.0)}, 2), design, estimate


def same(one, other):
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other) and one.dtype == other.dtype
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and all(
            same(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(one)
        )
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def test_pickling():
    for record in made():
        assert same(record, pickle.loads(pickle.dumps(record)))
    frame, design, _ = made()
    assert not same(design, dataclasses.replace(design, y=np.zeros(3)))
    assert not same(frame, design)


def test_levels_are_counted():
    assert made()[1].absorb[0].factor.levels == 2
