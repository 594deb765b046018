"""The table of an upload's stages, held against what the actions do from every stage."""

from __future__ import annotations

import datetime as dt

import pytest

from attendance_portal.refusals import Refused
from schools.models import Upload
from schools.moves import MOVES, Stage
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
DAYS = school_days(dt.date(2026, 9, 7), 2)

pytestmark = pytest.mark.django_db


def at_stage(cast: Cast, stage: str, content: bytes | None = None) -> Upload:
    content = long_file(all_present(cast.pupils, DAYS)) if content is None else content
    upload = uploads.receive_upload(cast.hill, [content], file_name="register.csv", by=cast.lead)
    assert (upload.stage,) == MOVES["receive_upload"].after
    Upload.objects.filter(pk=upload.pk).update(stage=stage)
    upload.refresh_from_db()
    return upload


def stage_of(upload: Upload) -> str:
    stage: str = Upload.objects.get(pk=upload.pk).stage
    return stage


@pytest.mark.parametrize("stage", Stage.values)
@pytest.mark.parametrize("name", ["accept_upload", "discard_upload"])
def test_a_person_moves_a_file_from_the_stages_of_the_table_and_no_others(cast: Cast, name: str, stage: str) -> None:
    action = {"accept_upload": uploads.accept_upload, "discard_upload": uploads.discard_upload}[name]
    with in_scope(cast.eastshire):
        upload = at_stage(cast, stage)
        if stage in MOVES[name].before:
            action(upload, by=cast.lead, at=AT)
            assert stage_of(upload) in MOVES[name].after
        else:
            with pytest.raises(Refused):
                action(upload, by=cast.lead, at=AT)
            assert stage_of(upload) == stage


@pytest.mark.parametrize("stage", Stage.values)
@pytest.mark.parametrize("name", ["read_upload", "store_upload"])
def test_the_service_moves_a_file_from_the_stages_of_the_table_and_no_others(cast: Cast, name: str, stage: str) -> None:
    work = {"read_upload": uploads.read_waiting, "store_upload": uploads.store_waiting}[name]
    contents = (None, b"%PDF-1.7", b"Kid,When\n1,2\n")  # good, of no use, and with columns that nobody knows
    for content, after in zip(contents, MOVES[name].after, strict=False):
        with in_scope(cast.eastshire):
            upload = at_stage(cast, stage, content)
            work(cast.eastshire, upload.pk, on=ON)
            assert stage_of(upload) == (after if stage in MOVES[name].before else stage)
