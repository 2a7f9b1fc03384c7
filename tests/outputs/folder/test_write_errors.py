import errno
import os

import pytest

from impact.core.errors import OutputError
from impact.outputs.folder.write_errors import write_fault, writing


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.EPERM, "E702"), (errno.ENOSPC, "E703"), (errno.EFBIG, "E703"), (errno.EIO, "E704")],
)
def test_refusals_become_errors_without_the_full_path(tmp_path, number, code):
    with pytest.raises(OutputError) as caught, writing(tmp_path / "reports" / "x"):
        raise OSError(number, os.strerror(number))
    assert caught.value.code == code
    assert os.path.join("reports", "x") in caught.value.faults[0].message
    assert str(tmp_path) not in caught.value.faults[0].message


def test_other_errors_pass(tmp_path):
    with pytest.raises(KeyError), writing(tmp_path):
        raise KeyError("x")
    assert "OSError" in write_fault(OSError(), tmp_path).message
