"""Writes the executed notebook docs/notebook.ipynb, and docs/notebook.md, the same as a page.

Run with `python docs/make_notebook.py`. Every output is what the cell gives when it is run here; no notebook program is
needed. tests/docs/test_notebook.py runs the cells again and compares.
"""

from __future__ import annotations

import ast
import base64
import json
import os
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MADE = "<!-- made by docs/make_notebook.py: edit the cells there, not this page -->"
IMAGE = "images/notebook_{number}.png"
# words before a cell, and the cell; the last expression of a cell is shown
CELLS: tuple[tuple[str, str], ...] = (
    (
        "Did higher state minimum wages lower teen employment? The data are 500 counties, 2003 to 2007, of which 191 "
        "got a higher minimum wage at some time. One row is a county and a year.",
        'import pandas as pd\n\nimport impact as im\n\ncounties = pd.read_csv("data/mpdta.csv")\ncounties.head(4)',
    ),
    (
        "A regression with absorbed effects. `rel` is the time since the higher minimum wage, −1 for counties without "
        "one. The notes under the table say how the errors were made.",
        'treated = counties["first_treat"] > 0\n'
        'counties["rel"] = (counties["year"] - counties["first_treat"]).where(treated, -1)\n'
        'fit = im.feols("lemp ~ i(rel, ref=-1) | countyreal + year", counties, vcov={"cluster": "countyreal"})\n'
        "fit",
    ),
    ("Another variance uses the same fit. Are the effects of the last two years equal?",
     'fit.summary(vcov={"cluster": "countyreal", "type": "cr3"}).se()["rel::2"], fit.wald("`rel::2` = `rel::3`")'),
    (
        "Adoption is staggered, so two-way regressions compare counties with others that are treated already. Callaway "
        "and Sant'Anna compare each cohort with counties that are not treated then.",
        "cs = im.did(\n"
        '    counties, y="lemp", unit="countyreal", time="year", cohort="first_treat", estimator="cs",\n'
        '    controls=["lpop"], more={"never": 0},\n)\ncs.overall()',
    ),
    ("Both, by time since the higher minimum wage.", 'im.iplot({"two-way": fit, "Callaway and Sant\'Anna": cs})'),
    (
        "How far may trends depart from parallel before the conclusion changes? `m` bounds the departure after "
        "treatment by so many times the largest one before it.",
        "cs.honest(m=[0, 0.5, 1]).tidy()",
    ),
    ("Is the overall effect within two per cent? The bound has to be fixed before the estimate is seen.",
     'im.equivalence(cs, "att", bound=0.02)'),
    (
        "One table of both. With `to=` and `path=` the same cells become Markdown, LaTeX, HTML, Word or Excel.",
        'im.etable({"two-way": fit, "Callaway and Sant\'Anna": cs}, cell=["estimate", "se", "ci95"])',
    ),
    ("The spec that gives the same numbers, bit for bit, with `impact run`.", 'print(cs.to_spec("data/mpdta.csv"))'),
)  # fmt: skip
Output = dict[str, Any]


def run_cells() -> list[list[Output]]:
    """The outputs of every cell, as nbformat 4 has them."""
    names: dict[str, Any] = {"__name__": "__main__"}
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [_outputs(code, number, names) for number, (_, code) in enumerate(CELLS, 1)]
    finally:
        os.chdir(before)


def _outputs(code: str, number: int, names: dict[str, Any]) -> list[Output]:
    tree = ast.parse(code)
    printed: list[str] = []
    names["print"] = lambda *values: printed.append(" ".join(map(str, values)))
    last = tree.body[-1]
    body = tree.body[:-1] if isinstance(last, ast.Expr) else tree.body
    exec(compile(ast.Module(body, []), f"cell {number}", "exec"), names)
    value = None
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
    found: list[Output] = []
    if printed:
        found.append({"output_type": "stream", "name": "stdout", "text": _lines("\n".join(printed))})
    if value is not None:
        data = _shown(value)
        found.append(
            {"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": data}
        )
    return found


def _shown(value: Any) -> Output:
    """What a notebook stores of a value: text, and HTML or a picture where it has one."""
    data: Output = {"text/plain": _lines(repr(value))}
    if isinstance(getattr(value, "png", None), bytes):
        data["image/png"] = base64.b64encode(value.png).decode("ascii")
    elif hasattr(value, "_repr_html_"):
        data["text/html"] = _lines(value._repr_html_())
    return data


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def notebook(outputs: list[list[Output]]) -> Output:
    """The notebook as nbformat 4.5 has it."""
    cells: list[Output] = [_words(0, "# Minimum wages and teen employment")]
    for number, ((words, code), found) in enumerate(zip(CELLS, outputs, strict=True), 1):
        cells.append(_words(number, words))
        cells.append(
            {
                "cell_type": "code", "id": f"code-{number}", "metadata": {}, "execution_count": number,
                "source": _lines(code), "outputs": found,
            }
        )  # fmt: skip
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _words(number: int, text: str) -> Output:
    return {"cell_type": "markdown", "id": f"words-{number}", "metadata": {}, "source": _lines(text)}


def page(outputs: list[list[Output]]) -> str:
    """The notebook as a page of the site."""
    parts = [
        MADE, "# A notebook: minimum wages and teen employment",
        "The cells of [notebook.ipynb](notebook.ipynb) with what they give. Run it in the folder of the project, where "
        "`data/mpdta.csv` is. [Python](python.md) lists the functions.",
    ]  # fmt: skip
    for number, ((words, code), found) in enumerate(zip(CELLS, outputs, strict=True), 1):
        parts += [words, f"```python\n{code}\n```"]
        for output in found:
            data = output.get("data", {})
            text = "".join(output.get("text") or data["text/plain"]).rstrip()
            if "image/png" in data:
                parts.append(f"![{text.splitlines()[0]}]({IMAGE.format(number=number)})")
            else:
                parts.append(f"```text\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the notebook, its page and its pictures."""
    outputs = run_cells()
    text = json.dumps(notebook(outputs), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (DOCS / "notebook.ipynb").write_text(text, encoding="utf-8")
    (DOCS / "notebook.md").write_text(page(outputs), encoding="utf-8")
    for number, found in enumerate(outputs, 1):
        for output in found:
            if "image/png" in output.get("data", {}):
                picture = base64.b64decode(output["data"]["image/png"])
                (DOCS / IMAGE.format(number=number)).write_bytes(picture)


if __name__ == "__main__":
    main()
