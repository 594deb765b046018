"""Register files at every stage, for the visits of their pages."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from attendance_portal.models import Membership
from schools.models import Enrolment, School, Upload
from schools.sending import uploads
from schools.sending.sendings import Sent, send_files


def files_of(school: School, lead: Membership, *, at: dt.datetime, on: dt.date) -> dict[str, Any]:
    """A file that waits with problems of several kinds, two that are asked about, and one that cannot be used."""
    enrolment = Enrolment.objects.on_roll(on).filter(school=school).select_related("pupil")[0]
    rows = [
        "UPN,Adm No,Surname,Forename,DOB,Year,Date,Session,Mark",
        f"{enrolment.pupil.upn},{enrolment.local_id},A,B,01/01/2015,7,16/11/2026,AM,/",
        f"{enrolment.pupil.upn},{enrolment.local_id},A,B,01/01/2015,7,17/11/2026,AM,ZZ",
        f"{enrolment.pupil.upn},{enrolment.local_id},A,B,01/01/2015,7,21/11/2026,AM,/",
        "A123456789012,99999,New,Nina,01/01/2015,7,16/11/2026,AM,/",
    ]
    odd = b"Kid,When,Bit,Thing\r\n001,16/11/2026,AM,7\r\n001,16/11/2026,PM,/\r\n"
    waiting = "\r\n".join(rows).encode()
    made = {}
    either_way = f"UPN,Date,Session,Mark\r\n{enrolment.pupil.upn},05/11/2026,AM,/\r\n".encode()
    asked = (("asked_file", odd), ("dates_file", either_way))
    for name, content in (("waiting_file", waiting), ("refused_file", b"%PDF-1.7"), *asked):
        upload = uploads.receive_upload(school, [content], file_name=f"{name}.csv", by=lead)
        uploads.read_upload(upload, on=on)
        made[name] = upload.pk
    stored = Upload.objects.filter(school=school, stage=Upload.Stage.ACCEPTED)[0]
    files = [Sent(name, len(waiting), io.BytesIO(waiting)) for name in (f"{school.urn}.csv", "autumn.csv")]
    sending, _ = send_files(files, school=None, by=lead, at=at, on=on)
    return {**made, "stored_file": stored.pk, "sending": sending.pk}
