"""Addresses of invitations, memberships, a person's own account, and the pages open to all."""

from django.urls import path

from attendance_portal import views

urlpatterns = [
    path("invitation/<str:token>/", views.accept_invitation, name="accept_invitation"),
    path("switch/", views.switch_membership, name="switch_membership"),
    path("no-membership/", views.no_membership, name="no_membership"),
    path("your-account/", views.account, name="account"),
    path("keep-alive/", views.keep_alive, name="keep_alive"),
    # In place of allauth's page on which a person could change the address they were invited at.
    path("account/email/", views.email_address, name="email_address"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("cookies/", views.cookies, name="cookies"),
]
