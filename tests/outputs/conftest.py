"""Fixtures of the outputs: a results document and what is asked for."""

from __future__ import annotations

import importlib.util
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
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


@pytest.fixture
def effects() -> dict[str, Any]:
    """Results with effects by cohort and period, by dose, and their design."""
    return _load("effects_document").build()


@pytest.fixture
def listed() -> dict[str, Any]:
    """Results with listings: a calendar, values by area, groups over time, counts with a total."""
    return _load("listed_document").build()


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


@pytest.fixture
def sound() -> Callable[[Any], None]:
    """A check of a drawn figure: readable as XML, said in words, without scripts, dates or requests."""
    return _sound


def _sound(picture: Any) -> None:
    root = ElementTree.fromstring(picture.svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == picture.sentence
    assert len(picture.sentence) > 20
    text = picture.svg.decode()
    assert "<script" not in text and "metadata" not in text and "<!--" not in text
    assert not re.search(r"20[23]\d-\d\d-\d\d", text)
    outside = set(re.findall(r"https?://[^\"\s<]+", text))
    assert outside <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert picture.png.startswith(b"\x89PNG") and b"tEXt" not in picture.png[:200]
