"""What apps downstream add to what is upstream of them: dotted names of functions (architecture section 1).

The settings of these names are these lists.
"""

from __future__ import annotations

# What a killed process left is taken up each minute by these functions of one authority.
UNFINISHED = [
    "schools.sending.uploads.take_up_unfinished",
    "schools.banding.take_up_unfinished",
    "schools.tasks.take_up_syncs",
    "schools.tasks.hear_of_hand_overs",
    "schools.api.posting.take_up_unfinished",
]

PUPIL_PANELS = [
    "schools.panels.returns_of_pupils",
    "casework.panels.pupil_panel",
    "casework.referrals.pupil_panel",
    "casework.family.family_panel",
    "casework.tracked.panel",
    "tsm.panels.pupil_panel",
    "schools.sending.counts.pupil_panel",
    "schools.handing.hand_over_panels.pupil_panel",
]
SCHOOL_PANELS = [
    "schools.panels.coverage_of_schools",
    "schools.panels.returns_of_schools",
    "tsm.panels.school_panel",
    "schools.sending.counts.school_panel",
    "schools.syncing.system_panels.school_panel",
]
# Of one day in this order.
CHRONOLOGY = [
    "schools.chronology.enrolments",
    "schools.chronology.circumstances",
    "schools.chronology.category_moves",
    "schools.chronology.returns",
    "tsm.chronology.discussions",
    "tsm.chronology.agreed_actions",
    "casework.chronology.referrals",
    "casework.chronology.timetables",
    "casework.chronology.enquiries",
    "casework.chronology.home_education",
    "casework.chronology.case_entries",
    "schools.chronology.corrections",
    "schools.chronology.former_upns",
    "schools.chronology.restrictions",
    "schools.chronology.hand_overs",
]
