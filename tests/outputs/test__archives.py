import io
import zipfile

from impact.outputs._archives import with_fixed_times, without_control_characters


def archive(year: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(zipfile.ZipInfo("a/b.xml", (year, 5, 6, 7, 8, 10)), "content")
        file.writestr(zipfile.ZipInfo("c.xml", (year, 1, 2, 3, 4, 6)), "more")
    return made.getvalue()


def test_the_same_content_gives_the_same_bytes_whenever_it_was_written():
    assert archive(2001) != archive(2020)
    fixed = with_fixed_times(archive(2001))
    assert fixed == with_fixed_times(archive(2020))
    with zipfile.ZipFile(io.BytesIO(fixed)) as file:
        assert [(one.filename, file.read(one)) for one in file.infolist()] == [
            ("a/b.xml", b"content"),
            ("c.xml", b"more"),
        ]


def test_what_xml_cannot_hold_is_left_out():
    assert without_control_characters("a\x00b\x0b\tc\ud800\uffffñ\U0001f600") == "ab\tcñ\U0001f600"
