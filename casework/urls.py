"""Addresses of this app."""

from django.urls import path

from casework import views

urlpatterns = [
    path("cases/", views.cases, name="cases"),
    path("cases/<uuid:pk>/", views.case_page, name="case_page"),
    path("cases/<uuid:pk>/entry/", views.add_entry, name="add_entry"),
    path("cases/<uuid:pk>/review-date/", views.change_review_date, name="change_review_date"),
    path("cases/<uuid:pk>/other-meeting/", views.change_other_meeting, name="change_other_meeting"),
    path("cases/<uuid:pk>/barriers/", views.change_barriers, name="change_barriers"),
    path("cases/<uuid:pk>/lead/", views.hand_over_lead, name="hand_over_lead"),
    path("cases/<uuid:pk>/lead/answer/", views.answer_lead, name="answer_lead"),
    path("cases/<uuid:pk>/close/", views.close_case, name="close_case"),
    path("cases/<uuid:pk>/reopen/", views.reopen_case, name="reopen_case"),
    path("pupils/<uuid:pk>/case/open/", views.open_case, name="open_case"),
]
