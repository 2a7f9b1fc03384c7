"""Fixtures of the outputs: a results document and what is asked for."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from impact.outputs._draw import draw_outputs
from impact.outputs._request import OutputRequest
from impact.schema.display import FigureBlock, TableBlock


def _load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def document() -> dict[str, Any]:
    return _load("results_document").build()


@pytest.fixture(scope="session")
def drawn_files() -> dict[str, bytes]:
    """Everything drawn once in both languages."""
    return draw_outputs(_load("results_document").build(), replace(_wanted(), languages=("en", "es")))


@pytest.fixture
def wanted() -> OutputRequest:
    return _wanted()


def _wanted() -> OutputRequest:
    return OutputRequest(
        tables={
            "estimates": TableBlock(columns=["main", "event", "broken"]),
            "groups": TableBlock(rows={"by": ["sex", "age_group", "education"]}, columns=["groups"]),
            "robustness": TableBlock(rows="robustness"),
            "published": TableBlock(rows="published"),
        },
        figures={
            "event": FigureBlock(kind="event_study", model="event"),
            "forest": FigureBlock(kind="coefplot", rows="robustness", model="main"),
            "sets": FigureBlock(kind="permutation", model="main"),
            "bound": FigureBlock(kind="equivalence_plot", test="bound"),
        },
        spec_name="specs/employment_keepjob_lima.yaml",
        spec_text="spec: 1\n",
        rerun="impact run specs/employment_keepjob_lima.yaml",
        model_order=("main", "event", "groups", "broken"),
    )


@pytest.fixture
def folder() -> Path:
    return Path(__file__).parent
