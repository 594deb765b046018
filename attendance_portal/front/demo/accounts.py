"""The accounts of the demonstration: one for each role, and the stranger of the other authority."""

PASSWORD = "attendance-for-everyone"

# Eastshire's, in the order of the work; the last is Westshire's officer, who must see nothing of Eastshire.
EMAILS = (
    "lead@hill-academy.example",
    "office@hill-academy.example",
    "officer@eastshire.example",
    "team-leader@eastshire.example",
    "legal@eastshire.example",
    "virtual-school@eastshire.example",
    "manager@eastshire.example",
    "auditor@eastshire.example",
    "admin@eastshire.example",
    "practitioner@partner.example",
    "housing@partner.example",
    "officer@westshire.example",
)
