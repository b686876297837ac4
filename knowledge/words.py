"""Why a document waits or failed, and what to know of it: kept in English, and said again to who reads a page."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from integrations import words
from tenants.words import LIMITS, Kept

_FOREIGN: Mapping[str, str | Promise] = {
    "a Windows program": _("a Windows program"),
    "a program": _("a program"),
    "a PNG image": _("a PNG image"),
    "a JPEG image": _("a JPEG image"),
    "a GIF image": _("a GIF image"),
    "a TIFF image": _("a TIFF image"),
    "a gzip archive": _("a gzip archive"),
    "a 7z archive": _("a 7z archive"),
    "a RAR archive": _("a RAR archive"),
    "a bzip2 archive": _("a bzip2 archive"),
    "an xz archive": _("an xz archive"),
    "a Java archive": _("a Java archive"),
    "a ZIP archive; upload the files in it": _("a ZIP archive; upload the files in it"),
    "a database": _("a database"),
    "a sound file": _("a sound file"),
}
# What extraction and the queue (knowledge.ingest) write; knowledge/tests/test_words.py looks for those that lack here.
SENTENCES = (
    gettext_noop("The file is empty."),
    gettext_noop("The file is %(what)s. Supported: %(supported)s."),
    gettext_noop("The file is named %(suffix)s but is not a %(kind)s file. Export it again."),
    gettext_noop("Files named %(suffix)s are not supported. Supported: %(supported)s."),
    gettext_noop("The file is in an old Office format (DOC or PPT). Save it as DOCX, PPTX or PDF."),
    gettext_noop("The file has %(size)s MB; the limit is %(most)s MB. Split it."),
    gettext_noop("The file is damaged and could not be read. Export it again and upload the new file."),
    gettext_noop("The file does not contain readable text. Save it as UTF-8 text."),
    gettext_noop("The document holds more than %(characters)s characters of text. Split it."),
    gettext_noop("The document holds no text."),
    gettext_noop("There is no text in this document."),
    gettext_noop("The document holds more text than can be processed. Split it."),
    gettext_noop("The document needs more memory than a document may use. Split it or simplify its images and tables."),
    gettext_noop("The document needs more memory than a document may use. Split it or export it again."),
    gettext_noop("The document made its reader stop. Export it again and upload the new file."),
    gettext_noop("Reading the document took longer than %(seconds)s seconds. Split it or export it again."),
    gettext_noop("The document is damaged. Open it in Word, save it again and upload it."),
    gettext_noop("The document is damaged. Save it again and upload it."),
    gettext_noop("The document is damaged or was cut off in transfer. Save it again and upload it."),
    gettext_noop("The document is damaged or was cut off in transfer. Upload it again."),
    gettext_noop("The document declares XML entities, which no office document does."),
    gettext_noop("The document is locked with a password. Remove it and upload again."),
    gettext_noop("The document unpacks to far more data than a document of its size should. Save it again."),
    gettext_noop(
        "The document makes %(found)s chunks; the limit is %(most)s. Split the document, or choose larger chunks."
    ),
    gettext_noop("The e-mail is damaged. Save it again and upload it."),
    gettext_noop("The e-book is protected. Upload one without protection."),
    gettext_noop("The e-book is damaged. Export it again and upload it."),
    gettext_noop("The presentation is damaged. Save it again and upload it."),
    gettext_noop("The presentation has %(slides)s slides; the limit is %(most)s. Split it."),
    gettext_noop("The workbook is locked with a password. Remove it and upload again."),
    gettext_noop("The workbook is damaged. Open it, save it again and upload it."),
    gettext_noop("The workbook holds more than %(characters)s characters of text. Split it."),
    gettext_noop("The PDF has %(pages)s pages; the limit is %(most)s. Split it."),
    gettext_noop("The PDF holds more than %(characters)s characters of text. Split it."),
    gettext_noop("The PDF holds neither text nor pictures of text. Export it again and upload the new file."),
    gettext_noop("The PDF is damaged and could not be read. Export it again and upload the new file."),
    gettext_noop("The PDF is locked with a password. Remove the password and upload it again."),
    gettext_noop("A page of the PDF is damaged."),
    gettext_noop(
        "All text of this document is in pictures (%(pages)s scanned pages), and text recognition is not installed "
        "here. Upload a version with text, or ask the operator for text recognition."
    ),
    gettext_noop("The pages of this document are pictures, and no text was recognised in them."),
    gettext_noop("Text recognition broke on a page of this document. Split it."),
    gettext_noop("Text recognition took too long on a page. Split it."),
    gettext_noop(
        "Processing stopped %(times)s times without a result. Try again; if it stops again, export the file anew."
    ),
    gettext_noop("Processing was cancelled. Retry to process it after all, or delete it."),
    gettext_noop("The server cannot store anything at the moment. It goes on by itself once it can; nothing is lost."),
    gettext_noop("There is no room for files at the moment; nothing was kept, try again later"),
    # Warnings.
    gettext_noop("Some characters could not be read and were replaced."),
    gettext_noop("Attachments were left out: %(names)s. Upload them on their own."),
    gettext_noop("%(unread)s of %(count)s pages are damaged and could not be read."),
    gettext_noop("%(pages)s scanned pages were left out: they are pictures."),
    gettext_noop("%(pages)s scanned pages were read by text recognition; check them."),
)


def _foreign(what: str) -> str:
    return str(_FOREIGN.get(what, what))


def _listed(names: str) -> str:
    first, and_, last = names.rpartition(" and ")
    return gettext("%(first)s and %(last)s") % {"first": first, "last": last} if and_ else last


_KEPT = Kept((*SENTENCES, *LIMITS.values(), *words.SENTENCES), terms={"what": _foreign, "supported": _listed})


def again(text: str) -> str:
    """Why a document, an import or a move waits or failed, in the language of who reads; warnings as well."""
    return _KEPT.again(text)
