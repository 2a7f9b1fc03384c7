"""One file, in full or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from impact.cli._write_text import refuse_existing, write_text
from impact.core.errors import OutputError


def test_written_with_the_usual_permissions_and_unix_lines(folder):
    write_text("a.txt", "ñ\n", overwrite=False)
    assert (folder / "a.txt").read_bytes() == "ñ\n".encode()
    mask = os.umask(0o022)
    os.umask(mask)
    assert stat.S_IMODE((folder / "a.txt").stat().st_mode) == 0o666 & ~mask


def test_an_old_file_stays_unless_it_may_go(folder):
    write_text("a.txt", "1", overwrite=False)
    with pytest.raises(OutputError) as error:
        write_text("a.txt", "2", overwrite=False)
    assert error.value.code == "E720"
    assert (folder / "a.txt").read_text() == "1"
    write_text("a.txt", "2", overwrite=True)
    assert (folder / "a.txt").read_text() == "2"
    with pytest.raises(OutputError):
        refuse_existing("a.txt")


def test_a_folder_that_is_not_there(folder):
    with pytest.raises(OutputError) as error:
        write_text("no/a.txt", "1", overwrite=True)
    assert error.value.code == "E721"
    assert not (folder / "no").exists()
