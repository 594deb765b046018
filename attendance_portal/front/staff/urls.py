"""Addresses of staff."""

from django.urls import path

from attendance_portal.front.staff import views

urlpatterns = [
    path("staff/", views.staff_list, name="staff_list"),
    path("staff/invite/", views.invite_staff, name="invite_staff"),
    path("staff/<uuid:pk>/", views.staff_page, name="staff_page"),
    path("staff/<uuid:pk>/schools/", views.staff_schools, name="staff_schools"),
    path("staff/<uuid:pk>/away/", views.mark_away, name="mark_away"),
    path("staff/<uuid:pk>/back/", views.mark_back, name="mark_back"),
    path("staff/<uuid:pk>/deactivate/", views.deactivate_staff, name="deactivate_staff"),
    path("staff/<uuid:pk>/reactivate/", views.reactivate_staff, name="reactivate_staff"),
    path("staff/<uuid:pk>/invite-again/", views.invite_again, name="invite_again"),
    path("staff/<uuid:pk>/second-factor/", views.reset_second_factor, name="reset_second_factor"),
]
