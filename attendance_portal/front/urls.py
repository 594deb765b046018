"""Addresses of the pages composed of all apps: home, search, overview, audit, the demonstration's mail."""

from django.urls import include, path

from attendance_portal.front import audit_views, helped_views, mail_views, overview_views, views
from schools.children.withheld_homes import withholding

urlpatterns = [
    path("", include("attendance_portal.front.staff.urls")),
    path("", withholding(views.home), name="home"),
    path("changes/", views.changes, name="changes"),
    path("changes/seen/", views.changes_seen, name="changes_seen"),
    path("find/", views.find_child, name="find_child"),
    path("overview/", overview_views.overview, name="overview"),
    path("overview/did-it-help/", helped_views.overview_helped, name="overview_helped"),
    path("overview/meetings/", overview_views.overview_meetings, name="overview_meetings"),
    path("audit/", withholding(audit_views.audit), name="audit"),
    path("demo/mail/", mail_views.demo_mail, name="demo_mail"),
    path("demo/mail/<str:key>/", mail_views.demo_letter, name="demo_letter"),
    path("demo/mail/<str:key>/meeting.ics", mail_views.demo_calendar, name="demo_calendar"),
]
