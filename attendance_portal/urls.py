"""Every address of the portal. Names are unique without namespaces: one name in four places."""

from django.urls import include, path

urlpatterns = [
    path("", include("attendance_portal.people_urls")),  # first: it closes a page of allauth
    path("account/", include("allauth.urls")),
    path("", include("schools.urls")),
    path("", include("casework.urls")),
    path("", include("tsm.urls")),
    path("", include("attendance_portal.front.urls")),
]
