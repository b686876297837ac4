"""Files that are not what they seem: each ends in a refusal with its code, or is read as what it is."""

import io
import zipfile
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from knowledge.ingest.extract import sandbox
from knowledge.ingest.extract.errors import CODES, ExtractionError
from knowledge.ingest.types import Extracted, Limits

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="word/document.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
    '<Relationship Id="r2" Target="NULL" Type="http://example.com/missing"/>'
    '<Relationship Id="r3" Target="http://169.254.169.254/" TargetMode="External" Type="http://example.com/out"/>'
    "</Relationships>"
)
BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
PARAGRAPH = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"


def package(document: str, **parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELATIONS)
        archive.writestr("word/document.xml", document)
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


def drawn(*lines: str, pages: int = 1, encrypt: StandardEncryption | None = None) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, encrypt=encrypt)
    for _ in range(pages):
        for number, line in enumerate(lines):
            canvas.drawString(72, 700 - 14 * number, line)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def extract(folder: Path, data: bytes, name: str, limits: Limits | None = None) -> Extracted:
    path = folder / "upload"
    path.write_bytes(data)
    return sandbox.extract(path, file_name=name, limits=limits or Limits(), on_wait=lambda: None)


def refusal(folder: Path, data: bytes, name: str, limits: Limits | None = None) -> str:
    with pytest.raises(ExtractionError) as caught:
        extract(folder, data, name, limits)
    assert caught.value.code in CODES
    assert caught.value.detail.endswith(".")
    return caught.value.code


def test_a_plain_package_is_read_though_it_points_nowhere_and_outside(tmp_path: Path) -> None:
    assert extract(tmp_path, package(BODY.format(PARAGRAPH.format("Hello"))), "a.docx").blocks[0].text == "Hello"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.txt", "empty_file"),
        (b"MZ\x90\x00" + bytes(600), "a.docx", "unsupported_type"),
        (b"\x7fELF" + bytes(600), "a.txt", "unsupported_type"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "a.pdf", "unsupported_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.docx", "unsupported_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.docx", "encrypted_file"),
        (b"plain words", "a.xyz", "unsupported_type"),
        (b"plain words", "a.pdf", "corrupt_file"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20, "a.pdf", "corrupt_file"),
        (b"PK\x03\x04 and then nothing", "a.docx", "corrupt_file"),
        (bytes(range(1, 32)) * 200, "a.txt", "corrupt_file"),
        (b" \n\t\n ", "a.txt", "no_text"),
        (b"<html><script>alert(1)</script></html>", "a.html", "no_text"),
        (drawn(pages=2), "a.pdf", "no_text"),
        (drawn("secret", encrypt=StandardEncryption("user", ownerPassword="owner")), "a.pdf", "encrypted_file"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, data: bytes, name: str, code: str) -> None:
    assert refusal(tmp_path, data, name) == code


@pytest.mark.parametrize("name", ["a.pdf", "a.txt", "a.bin", "a"])
def test_a_readable_file_under_another_name_is_read_as_what_it_is(tmp_path: Path, name: str) -> None:
    assert extract(tmp_path, package(BODY.format(PARAGRAPH.format("Hello"))), name).blocks[0].text == "Hello"


@pytest.mark.parametrize(("part", "what"), [("META-INF/MANIFEST.MF", "Java"), ("a.exe", "ZIP")])
def test_another_kind_of_archive_is_named(tmp_path: Path, part: str, what: str) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(part, b"x")
    with pytest.raises(ExtractionError, match=what):
        extract(tmp_path, target.getvalue(), "a.docx")


def test_limits_are_refused_beyond_and_kept_up_to(tmp_path: Path) -> None:
    three = drawn("words", pages=3)
    assert extract(tmp_path, three, "a.pdf", Limits(pages=3)).pages == 3
    assert refusal(tmp_path, three, "a.pdf", Limits(pages=2)) == "too_many_pages"
    assert extract(tmp_path, b"x" * 100, "a.txt", Limits(characters=100, file_bytes=100)).blocks
    assert refusal(tmp_path, b"x" * 101, "a.txt", Limits(characters=100)) == "too_many_characters"
    assert refusal(tmp_path, b"x" * 101, "a.txt", Limits(file_bytes=100)) == "too_large"
    assert refusal(tmp_path, b"x" * 101, "a.txt", Limits(output_bytes=100)) == "too_large"


def test_an_entity_is_not_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the canary")
    outside = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'
    assert refusal(tmp_path, package(outside + BODY.format(PARAGRAPH.format("&e;"))), "a.docx") == "corrupt_file"


def test_laughs_are_not_multiplied(tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    document = f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]>' + BODY.format(PARAGRAPH.format("&l8;"))
    assert refusal(tmp_path, package(document), "a.docx") == "corrupt_file"


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = BODY.format(PARAGRAPH.format("a" * 20_000_000))
    assert refusal(tmp_path, package(bomb), "a.docx") == "unpacks_too_large"
    pile = {f"word/part{number}.xml": b"<x/>" for number in range(5_001)}
    assert refusal(tmp_path, package(BODY.format(""), **pile), "a.docx") == "unpacks_too_large"
    many = Limits(unpacked_bytes=10_000)
    assert (
        refusal(tmp_path, package(BODY.format(PARAGRAPH.format("ab cd ef" * 2_000))), "a.docx", many)
        == "unpacks_too_large"
    )


def test_a_size_that_lies_is_found_out(tmp_path: Path) -> None:
    data = bytearray(package(BODY.format(PARAGRAPH.format("words " * 5_000))))
    size = len(BODY.format(PARAGRAPH.format("words " * 5_000))).to_bytes(4, "little")
    assert data.count(size) == 2
    assert refusal(tmp_path, bytes(data.replace(size, (40).to_bytes(4, "little"))), "a.docx") == "corrupt_file"


def test_nesting_without_end_ends(tmp_path: Path) -> None:
    deep = BODY.format("<w:p>" * 50_000 + "</w:p>" * 50_000)
    assert refusal(tmp_path, package(deep), "a.docx") == "corrupt_file"
    page = "<div>" * 5_000 + "deep" + "</div>" * 5_000
    assert extract(tmp_path, page.encode(), "a.html").blocks[0].text == "deep"


def test_pages_that_lead_to_themselves_end(tmp_path: Path) -> None:
    loop = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )
    assert refusal(tmp_path, loop, "a.pdf") == "corrupt_file"


def test_a_path_in_an_archive_is_only_a_name(tmp_path: Path) -> None:
    data = package(BODY.format(PARAGRAPH.format("Hello")), **{"../../escaped.xml": b"<x/>"})
    assert extract(tmp_path, data, "a.docx").blocks[0].text == "Hello"
    assert not list(tmp_path.parent.parent.glob("escaped*"))


def test_a_name_is_only_a_name(tmp_path: Path) -> None:
    assert extract(tmp_path, b"words", "../../x\u202ecod.exe; rm -rf $(HOME).txt").blocks[0].text == "words"
