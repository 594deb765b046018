"""Addresses of this app."""

from django.urls import path

from casework.views import cases, closing, contacts, documents, family, helped, reviews

urlpatterns = [
    path("cases/", cases.cases, name="cases"),
    path("cases/<uuid:pk>/", cases.case_page, name="case_page"),
    path("cases/<uuid:pk>/entry/", cases.add_entry, name="add_entry"),
    path("cases/<uuid:pk>/review-date/", cases.change_review_date, name="change_review_date"),
    path("cases/<uuid:pk>/other-meeting/", cases.change_other_meeting, name="change_other_meeting"),
    path("cases/<uuid:pk>/barriers/", cases.change_barriers, name="change_barriers"),
    path("cases/<uuid:pk>/lead/", cases.hand_over_lead, name="hand_over_lead"),
    path("cases/<uuid:pk>/lead/answer/", cases.answer_lead, name="answer_lead"),
    path("cases/<uuid:pk>/review/", reviews.hold_review, name="hold_review"),
    path("cases/<uuid:pk>/close/", closing.close_case, name="close_case"),
    path("cases/<uuid:pk>/reopen/", closing.reopen_case, name="reopen_case"),
    path("cases/<uuid:pk>/contacts/", contacts.contacts, name="contacts"),
    path("cases/<uuid:pk>/contacts/add/", contacts.add_contact, name="add_contact"),
    path("cases/<uuid:pk>/contacts/<uuid:contact>/correct/", contacts.correct_contact, name="correct_contact"),
    path("cases/<uuid:pk>/documents/", documents.documents, name="documents"),
    path("cases/<uuid:pk>/documents/add/", documents.add_documents, name="add_documents"),
    path("cases/<uuid:pk>/documents/<uuid:document>/file/", documents.download_document, name="download_document"),
    path("cases/<uuid:pk>/documents/<uuid:document>/remove/", documents.remove_document, name="remove_document"),
    path("pupils/<uuid:pk>/case/open/", cases.open_case, name="open_case"),
    path("cases/<uuid:pk>/did-it-help/", helped.did_it_help, name="did_it_help"),
    path("pupils/<uuid:pk>/family-view/", family.family_view, name="family_view"),
]
