"""Addresses of this app."""

from django.urls import path

from schools.children.withheld_homes import all_withholding, withholding_but_boxes
from tsm.views import agreed, holding, lists, minutes, timetable

# Where a meeting is minuted: two who write together must have the same words in the boxes, as they are typed.
_MINUTED = [
    path("meetings/<uuid:pk>/hold/", holding.hold_meeting, name="hold_meeting"),
    path("meetings/<uuid:pk>/hold/<int:position>/", holding.hold_discussion, name="hold_discussion"),
    path("meetings/<uuid:pk>/hold/kept/", holding.kept_pupils, name="kept_pupils"),
]

urlpatterns = [
    *all_withholding(_MINUTED, withholding_but_boxes),
    *all_withholding([
        path("meetings/", timetable.my_schools, name="my_schools"),
        path("schools/<str:urn>/meetings/arrange/", timetable.arrange_meeting, name="arrange_meeting"),
        path("meetings/<uuid:pk>/", timetable.meeting_page, name="meeting_page"),
        path("meetings/<uuid:pk>/move/", timetable.move_meeting, name="move_meeting"),
        path("meetings/<uuid:pk>/cancel/", timetable.cancel_meeting, name="cancel_meeting"),
        path("meetings/<uuid:pk>/take-over/", timetable.take_over_meeting, name="take_over_meeting"),
        path("meetings/<uuid:pk>/not-attended/", timetable.mark_not_attended, name="mark_not_attended"),
        path("meetings/<uuid:pk>/arrange-again/", timetable.arrange_again, name="arrange_again"),
        path("meetings/<uuid:pk>/list/", lists.meeting_list, name="meeting_list"),
        path("meetings/<uuid:pk>/list/add/", lists.add_to_list, name="add_to_list"),
        path("meetings/<uuid:pk>/list/<uuid:pupil>/drop/", lists.drop_from_list, name="drop_from_list"),
        path("meetings/<uuid:pk>/list/<uuid:pupil>/undo/", lists.undo_list_change, name="undo_list_change"),
        path("meetings/<uuid:pk>/begin/", holding.begin_meeting, name="begin_meeting"),
        path("meetings/<uuid:pk>/end/", holding.end_meeting, name="end_meeting"),
        path("meetings/<uuid:pk>/minutes/", minutes.minutes_page, name="minutes_page"),
        path("meetings/<uuid:pk>/minutes.pdf", minutes.minutes_pdf, name="minutes_pdf"),
        path("meetings/<uuid:pk>/minutes/confirm/", minutes.confirm_minutes, name="confirm_minutes"),
        path("meetings/<uuid:pk>/minutes/reopen/", minutes.reopen_minutes, name="reopen_minutes"),
        path("actions/", agreed.agreed_actions, name="agreed_actions"),
        path("actions/<uuid:pk>/", agreed.action_page, name="action_page"),
    ]),
]  # fmt: skip
