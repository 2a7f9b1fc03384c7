"""A spec with small files, written and prepared as a run does."""

from __future__ import annotations

import csv
import json

import pytest

from impact.pipeline.street import read_data
from impact.plan import make_plan


@pytest.fixture
def prepared(tmp_path):
    """Blocks of a spec and rows of its files (name → list of dicts) → all rows, and the main sample."""

    def prepare(files, *, model="y ~ x", types=None, **blocks):
        data = {}
        for name, rows in files.items():
            with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                names = list(dict.fromkeys(key for row in rows for key in row))
                writer = csv.DictWriter(file, fieldnames=names)
                writer.writeheader()
                writer.writerows(rows)
            known = {key: kind for key, kind in (types or {}).items() if key in names}
            data[name] = {"file": f"{name}.csv", "types": known}
        spec = {"spec": 1, "data": data, "model": model, **blocks}
        path = tmp_path / "spec.yaml"
        path.write_text(json.dumps(spec), encoding="utf-8")
        return read_data(make_plan(path))

    return prepare
