"""Invented names of people and places; none is a real school, and no place is meant to be a real one."""

from __future__ import annotations

from typing import Final

# Families by heritage: share in percent, girls' names, boys' names, surnames.
HERITAGES: Final[tuple[tuple[int, str, str, str], ...]] = (
    (
        70,
        "Olivia Amelia Isla Ava Ivy Freya Lily Florence Willow Rosie Sophia Isabella Grace Daisy "
        "Elsie Evelyn "
        "Poppy Phoebe Harper Millie Ella Evie Sienna Ruby Matilda Maya Emily Charlotte Erin Bethany Niamh "
        "Megan Holly Jessica Lucy Georgia Martha Nancy Orla Eliza",
        "Noah Oliver George Arthur Leo Oscar Theodore Archie Henry Freddie Jack Harry Thomas Charlie Alfie "
        "Jacob Finley Lucas Edward Joshua Rory Callum Rhys Ethan Logan Harrison Reuben Toby Samuel Dylan "
        "Jude Connor Kieran Bobby Stanley Ralph Louie Max Ellis Sonny",
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White "
        "Roberts Green Hall Wood Jackson Clarke Harris Turner Hill Cooper Ward Moore Parker Baker Morris "
        "Allen Carter Mitchell Shaw Bennett Marshall Fletcher Pearson Dixon Holmes Hunt Palmer Mason Webb "
        "Barker Knight Lloyd Chapman Powell Burton Fox Harper Gibson Dean Lawson Byrne O'Connor O'Neill "
        "Murphy Kelly Doyle Campbell Stewart Murray Reid Hodgson Whittaker Ashworth Pickering Thackray "
        "Armitage Ogden Stubbs Hargreaves Greenwood Crabtree Bright-Lee Holt-Evans",
    ),
    (
        11,
        "Aisha Fatima Zainab Maryam Ayesha Hafsa Priya Ananya Simran Jasleen Noor Iqra Meera Diya Sana Inaya",
        "Muhammad Yusuf Ibrahim Hamza Zayn Bilal Arjun Rohan Dev Harjit Gurpreet Ayaan Rayyan Imran Kabir",
        "Khan Ahmed Hussain Begum Patel Singh Kaur Ali Malik Shah Iqbal Rahman Mehta Sharma Chaudhry Gill",
    ),
    (
        6,
        "Adaeze Amara Abena Efua Temperance Blessing Zuri Imani Nyah Folake Ife Makena Thandiwe Chipo",
        "Kwame Kofi Emeka Tunde Femi Jabari Malachi Ezekiel Tendai Ade Obinna Samuel Isaiah Elijah",
        "Okafor Mensah Adeyemi Boateng Owusu Nwosu Okeke Asante Moyo Banda Osei Campbell Grant Bailey Francis",
    ),
    (
        7,
        "Zofia Maja Hanna Lena Oliwia Daria Ioana Andreea Ema Gabija Liepa Viktoria Sofija Milena",
        "Jakub Szymon Kacper Filip Mateusz Andrei Luca Stefan Dominykas Matas Nikola Aleksander Tomasz",
        "Kowalski Nowak Zielinski Lewandowski Popescu Ionescu Dumitru Kazlauskas Petrauskas Novak Horvat Ivanov",
    ),
    (
        6,
        "Mei Lin Hana Yara Leila Sofía Lucía Valentina Layla Parisa Chloe Zoë Renée Anaïs Soraya Mila",
        "Wei Jun Omar Karim Mateo Diego Rafael Dara Amir Cyrus Kai Theo André Luís Daniel Adam",
        "Chen Wong Nguyen Tran Lam Haddad Mansour Silva Costa García Fernandes Rossi Yilmaz Demir Azizi Karimi",
    ),
)

STREETS: Final = (
    "Mill Lane",
    "Church View",
    "Orchard Close",
    "Station Road",
    "Ferry Walk",
    "Beacon Street",
    "Larch Avenue",
    "Priory Gardens",
    "Weaver's Row",
    "Quarry Road",
    "Meadow Rise",
    "Tannery Court",
    "Bramble Way",
    "Lock Street",
    "Windmill Drive",
    "Chapel Bank",
)

# (district, town): the districts are the areas of an authority.
TOWNS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "999": (
        ("Harrowmere", "Corvenham"),
        ("Harrowmere", "Little Thessing"),
        ("Pelling Vale", "Pellingford"),
        ("Pelling Vale", "Wexbourne Cross"),
        ("The Saltings", "Aldermarsh"),
        ("The Saltings", "Gannet Quay"),
    ),
    "998": (("Upper Dunnock", "Dunnockbridge"), ("Lower Dunnock", "Fernhollow")),
}

CATALOGUE: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "999": (
        ("Hill Academy", "secondary"),
        ("Corvenham Primary School", "primary"),
        ("Saltings School", "special"),
        ("Pelling Vale School", "all-through"),
        ("The Lantern Centre", "alternative"),
        ("Gannet Quay High School", "secondary"),
        ("Aldermarsh Primary School", "primary"),
        ("Thessing Mill Primary School", "primary"),
        ("Wexbourne Cross Infant and Junior School", "primary"),
        ("Pellingford Church Primary School", "primary"),
        ("Harrowmere School", "secondary"),
        ("Kittiwake Primary Academy", "primary"),
        ("Larchfold Primary School", "primary"),
        ("Orchard Ferry Primary School", "primary"),
        ("Beaconmoor Primary School", "primary"),
        ("Tannery Lane Primary School", "primary"),
        ("Vale Weavers Academy", "secondary"),
        ("Marram Dunes Primary School", "primary"),
        ("Quarrybank Meadow Primary School", "primary"),
        ("Cormorant Point School", "secondary"),
    ),
    "998": (
        ("Dunnock Valley School", "secondary"),
        ("Dunnockbridge Primary School", "primary"),
        ("Fernhollow Primary School", "primary"),
        ("Alder Brook School", "special"),
        ("Westering Primary School", "primary"),
        ("Bittern Green Academy", "secondary"),
    ),
}
