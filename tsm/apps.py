"""The app's configuration."""

from django.apps import AppConfig


class TsmConfig(AppConfig):
    name = "tsm"
    verbose_name = "Targeting Support Meetings"
    default_auto_field = "django.db.models.BigAutoField"
