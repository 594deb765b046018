"""`manage.py collectstatic`: as ever, without the sources that the front-end packages bring along."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands.collectstatic import Command as CollectStatic


class Command(CollectStatic):
    """Django's own command; `STATIC_NOT_SERVED` is always left out."""

    def set_options(self, **options: Any) -> None:
        super().set_options(**options)
        self.ignore_patterns = [*self.ignore_patterns, *settings.STATIC_NOT_SERVED]
