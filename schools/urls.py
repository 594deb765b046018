"""Addresses of schools, their pupils, uploads and corrections."""

from django.urls import path

from schools.api import views as api
from schools.views import corrections, integrations, pupils, registers, restrictions, school

urlpatterns = [
    path("schools/", school.schools, name="schools"),
    path("schools/<str:urn>/", school.school_page, name="school_page"),
    path("schools/<str:urn>/pupils/", pupils.pupil_list, name="pupil_list"),
    path("schools/<str:urn>/upload/", registers.upload_register, name="upload_register"),
    path("schools/<str:urn>/uploads/", registers.upload_list, name="upload_list"),
    path("uploads/", registers.uploads, name="uploads"),
    path("uploads/<uuid:pk>/", registers.upload_page, name="upload_page"),
    path("uploads/<uuid:pk>/problems.csv", registers.upload_problems_csv, name="upload_problems_csv"),
    path("uploads/<uuid:pk>/store/", registers.confirm_upload, name="confirm_upload"),
    path("uploads/<uuid:pk>/throw-away/", registers.discard_upload, name="discard_upload"),
    path("uploads/<uuid:pk>/settle/", registers.settle_problems, name="settle_problems"),
    path("pupils/", pupils.pupils, name="pupils"),
    path("pupils/<uuid:pk>/", pupils.pupil_page, name="pupil_page"),
    path("pupils/<uuid:pk>/marks.csv", pupils.pupil_marks_csv, name="pupil_marks_csv"),
    path("pupils/<uuid:pk>/put-right/", corrections.put_right, name="put_right"),
    path("pupils/<uuid:pk>/put-right/name/", corrections.put_right_name, name="put_right_name"),
    path("pupils/<uuid:pk>/put-right/admission/", corrections.put_right_admission, name="put_right_admission"),
    path("pupils/<uuid:pk>/put-right/leaving/", corrections.put_right_leaving, name="put_right_leaving"),
    path("pupils/<uuid:pk>/put-right/school/", corrections.put_right_school, name="put_right_school"),
    path("pupils/<uuid:pk>/put-right/mark/", corrections.put_right_mark, name="put_right_mark"),
    path("integrations/", integrations.integrations, name="integrations"),
    path("integrations/make/", integrations.make_integration, name="make_integration"),
    path("integrations/<uuid:pk>/", integrations.integration_page, name="integration_page"),
    path("integrations/<uuid:pk>/revoke/", integrations.revoke_integration, name="revoke_integration"),
    path("api/", api.api_guide, name="api_guide"),
    path("api/v1/openapi.json", api.api_description, name="api_description"),
    path("api/v1/schools", api.api_schools, name="api_schools"),
    path("api/v1/schools/<str:urn>/marks", api.api_marks, name="api_marks"),
    path("api/v1/schools/<str:urn>/registers", api.api_registers, name="api_registers"),
    path("api/v1/marks/<uuid:pk>", api.api_posted, name="api_posted"),
    path("api/v1/pupils", api.api_pupils, name="api_pupils"),
    path("api/v1/standings", api.api_standings, name="api_standings"),
    path("restricted-records/", restrictions.restricted_records, name="restricted_records"),
    path("pupils/<uuid:pk>/restrict/", restrictions.restrict_record, name="restrict_record"),
    path("pupils/<uuid:pk>/restrict/holders/", restrictions.change_holders, name="change_holders"),
    path("pupils/<uuid:pk>/restrict/lift/", restrictions.lift_restriction, name="lift_restriction"),
    path("pupils/<uuid:pk>/restricted/", restrictions.break_glass, name="break_glass"),
]
