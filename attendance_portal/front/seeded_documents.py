"""Documents of the demonstration's cases: a letter as PDF, a note as Word and a drawing as JPEG, all invented here."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

from attendance_portal.documents import pdf
from attendance_portal.front.seeded_support import Story
from attendance_portal.models import Membership
from casework.actions.documents import add_document, remove_document
from casework.models import Case, CaseDocument

LONDON: Final = ZoneInfo("Europe/London")
_LETTER: Final = (
    "Dear parents,",
    "we have missed your child at school, and would like to know what would help. Please call, or come in on any "
    "morning before nine: the same person will be there each day.",
    "With kind regards, the attendance office",
)
_NOTE: Final = (
    "What we talked about at the kitchen table",
    "Mornings are hardest. A later start on two days, and a place to go at lunch, would help.",
    "Next call on Monday.",
)
_TYPES: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_WORDS: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def attach_document(case: Case, story: Story, *, on: dt.date, by: Membership) -> None:
    """One of the three, by the child's place; scanned where a scanner is configured, and said not to be where none."""
    name, content = _documents()[story.place % 3]
    add_document(case, [content], name=name, on=on, at=dt.datetime.combine(on, dt.time(16), LONDON), by=by)


def remove_one_again(case: Case, *, on: dt.date, by: Membership) -> None:
    """The first document of a case turns out to be another child's."""
    document = CaseDocument.objects.filter(case=case).select_related("case")[0]
    remove_document(document, reason="It was about another child.", on=on, by=by)


@cache
def _documents() -> tuple[tuple[str, bytes], ...]:
    return ("Letter from school.pdf", _letter()), ("Note of a visit.docx", _note()), ("Drawing.jpg", _drawing())


def _letter() -> bytes:
    return pdf("front/seeded_letter.html", {"title": "Letter from school", "paragraphs": _LETTER})


def _note() -> bytes:
    """The smallest document that Word opens."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>" for words in _NOTE)
    body = f'<w:document xmlns:w="{_WORDS}"><w:body>{paragraphs}</w:body></w:document>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", _TYPES)
        made.writestr("_rels/.rels", _RELATIONS)
        made.writestr("word/document.xml", f'<?xml version="1.0" encoding="UTF-8"?>{body}')
    return content.getvalue()


def _drawing() -> bytes:
    """A house with a path to it, as a child draws one."""
    sheet = Image.new("RGB", (480, 360), "#fdfcf7")
    pencil = ImageDraw.Draw(sheet)
    pencil.rectangle((160, 170, 320, 290), outline="#12436d", width=4)
    pencil.line((150, 172, 240, 90, 330, 172), fill="#a71930", width=5)
    pencil.rectangle((222, 230, 258, 290), outline="#12436d", width=3)
    pencil.line((240, 290, 220, 350), fill="#6b4f2a", width=4)
    pencil.ellipse((390, 30, 440, 80), outline="#e8a317", width=4)
    content = io.BytesIO()
    sheet.save(content, "JPEG", quality=80)
    return content.getvalue()
