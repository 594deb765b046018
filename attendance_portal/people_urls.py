"""Addresses of invitations, memberships and staff."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
