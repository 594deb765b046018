"""The app's configuration."""

from django.apps import AppConfig


class FrontConfig(AppConfig):
    name = "attendance_portal.front"
    label = "front"
    verbose_name = "What is composed of all apps"
