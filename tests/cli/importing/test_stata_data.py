"""Data, samples and columns of a do-file."""

from impact.cli.importing.stata import read_do_file


def test_data_samples_and_columns():
    draft = read_do_file(
        'use "panel.dta", clear\nkeep if t >= 2000\ndrop if x == .\ngen ly = ln(y) if y > 0\nreg ly x'
    )
    assert draft.data == "panel.dta"
    assert list(draft.filters.values()) == ["t >= 2000", "not (missing(x))"]
    assert draft.derive == {"ly": "(log(y)) if y > 0 else missing"}
    assert draft.untranslated == []
