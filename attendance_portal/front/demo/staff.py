"""Who works in the invented authorities and their schools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attendance_portal.front.demo.world import DemoAuthority, DemoSchool

EASTSHIRE_CODE = "999"
_FORENAMES = ("Priya", "Tom", "Ruth", "Daniel", "Amina", "Grace", "Owen", "Lucy", "Marek", "Helen", "Yusuf", "Joan")
_SURNAMES = ("Marsh", "Adeyemi", "Holt", "Rahman", "Pike", "Novak", "Ferris", "Lam", "Croft", "Bains", "Sutton", "Wray")


@dataclass(frozen=True)
class Appointment:
    """One person's post: `schools` by URN, `role` as in `attendance_portal.roles.Role`."""

    email: str
    name: str
    role: str
    organisation: str
    job_title: str
    schools: tuple[str, ...] = ()
    is_champion: bool = False
    telephone: str = ""


def staff_of(invented: DemoAuthority) -> list[Appointment]:
    """Everyone with an account: the authority's people, and a lead and an office in each school."""
    rng = np.random.default_rng(int(invented.code))
    return [
        *_authority_people(invented),
        *(post for at, school in enumerate(invented.schools) for post in _school_people(invented, at, school, rng)),
    ]


def _authority_people(invented: DemoAuthority) -> list[Appointment]:
    domain, team = f"{invented.slug}.example", f"{invented.name} attendance service"
    urns = [school.urn for school in invented.schools]
    half = (len(urns) + 1) // 2 if invented.code == EASTSHIRE_CODE else len(urns)
    first, second = tuple(urns[:half]), tuple(urns[half:])
    officer = "Samira Khan" if invented.code == EASTSHIRE_CODE else "Peter Lund"
    people = [
        Appointment(
            f"officer@{domain}", officer, "officer", team, "Attendance officer", first, telephone="01632 961001"
        )
    ]
    if invented.code != EASTSHIRE_CODE:
        return people
    virtual = f"{invented.name} virtual school"
    audit = f"{invented.name} internal audit"
    helper = ("practitioner", "Harbour Family Support", "Family support worker")
    return [
        *people,
        Appointment(f"officer2@{domain}", "Gareth Bowen", "officer", team, "Attendance officer", second),
        Appointment(f"team-leader@{domain}", "Moira Doyle", "team-leader", team, "Attendance team leader"),
        Appointment(f"legal@{domain}", "Edwin Shah", "legal", team, "Penalty notice officer"),
        Appointment(f"virtual-school@{domain}", "Nadia Petrova", "virtual-school", virtual, "Virtual school officer"),
        Appointment(f"manager@{domain}", "Colin Whitfield", "manager", team, "Service manager"),
        Appointment(f"auditor@{domain}", "Ingrid Vale", "auditor", audit, "Auditor"),
        Appointment(f"admin@{domain}", "Baljit Gill", "admin", team, "Systems administrator"),
        Appointment("practitioner@partner.example", "Denise Okafor", *helper),
        Appointment("housing@partner.example", "Rosa Whelan", "practitioner", "Eastshire Homes", "Housing officer"),
    ]


def _school_people(invented: DemoAuthority, at: int, school: DemoSchool, rng: np.random.Generator) -> list[Appointment]:
    """A lead, who is the senior attendance champion, and the office. The first school's lead leads the last one too."""
    lead, office = (_name(rng) for _ in range(2))
    urns = (school.urn,)
    return [
        Appointment(f"lead@{school.domain}", lead, "school-lead", school.name, "Deputy head teacher", urns, True),
        Appointment(f"office@{school.domain}", office, "school-office", school.name, "Attendance administrator", urns),
        *([_trust_lead(invented)] if at == 0 and len(invented.schools) > 2 else []),
    ]


def _trust_lead(invented: DemoAuthority) -> Appointment:
    """A trust's attendance lead covers several schools with one account."""
    urns = (invented.schools[0].urn, invented.schools[2].urn)
    email = f"trust-lead@{invented.slug}-learning-trust.example"
    return Appointment(
        email, "Hannah Osei", "school-lead", f"{invented.name} Learning Trust", "Trust attendance lead", urns
    )


def _name(rng: np.random.Generator) -> str:
    return f"{_FORENAMES[int(rng.integers(len(_FORENAMES)))]} {_SURNAMES[int(rng.integers(len(_SURNAMES)))]}"
