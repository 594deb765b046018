"""The app's configuration."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from attendance_portal.checks import check_role


class AttendancePortalConfig(AppConfig):
    name = "attendance_portal"
    verbose_name = "Attendance portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(check_role, Tags.database)
