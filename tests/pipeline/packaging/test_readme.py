"""README.md has the parts that data editors ask for, in their order, in both languages."""

from __future__ import annotations

import hashlib
import re
from contextlib import chdir
from pathlib import Path

from impact.pipeline.packaging.gather import gather_studies
from impact.pipeline.packaging.package import package_files

from .conftest import read

ORDER = [
    "Overview", "Data availability and provenance", "Statement about rights", "Licence", "Summary of availability",
    "Details of each source", "Data list and codebook", "Computational requirements", "Software",
    "Controlled randomness", "Memory, run time and storage", "Instructions", "List of exhibits", "References",
]  # fmt: skip


def headings(page):
    return re.findall(r"^##+ (.+)$", page, re.M)


def test_parts_in_order(written):
    page = (written[0] / "README.md").read_text()
    assert [one for one in headings(page) if one in ORDER] == ORDER


def test_codebook_lists_the_used_variables_only(written):
    page = (written[0] / "README.md").read_text()
    codebook = page.split("### Data list and codebook")[1].split("## Computational")[0]
    listed = re.findall(r"^\| `(\w+)` \|", codebook, re.M)
    assert sorted(listed) == ["half", "price", "unit", "x", "y", "year", "year"]
    assert "| `x` | The treatment | number | 0 |" in codebook
    assert "| `year` | - | whole number | 0 | 2010 to 2017 |" in codebook


def test_exhibits_name_spec_models_file_and_checksum(written):
    page = (written[0] / "README.md").read_text()
    listed = page.split("## List of exhibits")[1].split("## References")[0]
    rows = [line for line in listed.splitlines() if line.startswith("| `")]
    files = [
        file
        for file in (written[0] / "reports/clean").rglob("*")
        if file.parent.name in ("tables", "figures")
    ]
    assert len(rows) == len(files) > 4
    for file in files:
        name = file.relative_to(written[0]).as_posix()
        (row,) = [one for one in rows if f"`{name}`" in one]
        assert hashlib.sha256(file.read_bytes()).hexdigest()[:12] in row
        assert "| `main` |" in row
        assert re.search(r"`specs/clean\.yaml (tables\.t1|figures\.f1)`", row)


def test_measured_needs_are_those_of_the_report(written):
    run = read(written[0] / "reports/clean/manifest.json")["run"]
    page = (written[0] / "README.md").read_text()
    assert f"| `clean` | 2 | {run['seconds']} | {run['cpu_seconds']} | {run['peak_memory_mb']} |" in page
    assert re.search(r"^\| `clean` \| `main` \| \d+\.\d\d \|$", page, re.M)
    assert "seed 3" in page


def test_sources_and_references(written):
    page = (written[0] / "README.md").read_text()
    assert "| `data/panel.csv` | An office | public | 2024-05-01 | yes | `clean` |" in page
    references = page.split("## References")[1]
    assert "An office \\(2024\\), Panel" in references or "An office (2024), Panel" in references
    assert "A. Author" in references


def test_spanish(study_folder, without_running):
    with chdir(study_folder):
        studies, _ = gather_studies(["clean"], reports=Path("reports"))
        files = package_files(studies, language="es")
    page = files["README.md"].decode()
    assert headings(page)[0] == "Resumen"
    assert "El tratamiento" in page
    assert not {"Overview", "Licence", "Instructions"} & set(headings(page))
