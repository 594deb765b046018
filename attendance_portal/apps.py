"""The app's configuration."""

from django.apps import AppConfig


class AttendancePortalConfig(AppConfig):
    name = "attendance_portal"
    verbose_name = "Attendance portal"
    default_auto_field = "django.db.models.BigAutoField"
