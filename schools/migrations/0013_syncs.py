"""The tables of syncs, made with those of mappings, are isolated by authority."""

from typing import ClassVar

from django.db import migrations

from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0012_as_it_was_known")]

    operations: ClassVar = [
        IsolateByAuthority("Connection"),
        IsolateByAuthority("SchoolLink"),
        IsolateByAuthority("SyncRun"),
        IsolateByAuthority("SyncedStudent"),
        IsolateByAuthority("SyncedMarks"),
        IsolateByAuthority("SyncProblem"),
        IsolateByAuthority("RegisterChange"),
    ]
