"""The attendance portal: project package and foundation; see `docs/` for its shape."""

from attendance_portal.celery import app as celery_app

__all__ = ["celery_app"]
