"""Reading a spec file: encodings, sizes, odd files."""

import os

import pytest

from impact.core.errors import SpecError
from impact.schema.source_text import MAX_BYTES, MAX_LINE, read_text


def code_and_place(source, **options):
    with pytest.raises(SpecError) as caught:
        read_text(source, **options)
    place = caught.value.where
    return caught.value.code, place.line, place.column


def test_latin_1_is_refused_at_the_byte(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_bytes("spec: 1\ntitle: Perú\n".encode("latin-1"))
    assert code_and_place(file) == ("E100", 2, 11)
    with pytest.raises(SpecError, match="byte 0xfa at position 18"):
        read_text(file)


def test_position_counts_the_byte_order_mark():
    assert code_and_place(b"\xef\xbb\xbfa: \xff") == ("E100", 1, 4)


def test_utf_16_is_refused():
    assert code_and_place("spec: 1\n".encode("utf-16"))[0] == "E100"


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_what_cannot_be_read(tmp_path, name):
    assert code_and_place(tmp_path / name)[0] == "E101"


def test_a_pipe_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    assert code_and_place(tmp_path / "pipe.yaml")[0] == "E101"


def test_size_and_line_length():
    assert code_and_place("a\n" * (MAX_BYTES // 2 + 1))[0] == "E128"
    assert code_and_place("a: 1\nb: " + "x" * MAX_LINE) == ("E161", 2, MAX_LINE + 1)


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x85", "\u2028", "\u200b", "\u202e", "\u2066", "\ufeff"]
)
def test_invisible_characters(character):
    assert code_and_place(f"a: 1\nb: x{character}y\n") == ("E129", 2, 5)


def test_letters_of_the_world_are_kept():
    text = "título: Perú ñandú 日本 🙂 é\n"
    assert read_text(text).text == text


def test_the_name_is_what_the_user_wrote(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text("spec: 1\n", encoding="utf-8")
    assert read_text(file, name="specs/x.yaml").file == "specs/x.yaml"
    assert read_text("a: 1", name="-").file == "-"
