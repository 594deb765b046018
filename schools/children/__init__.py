"""One child over every school: the page, the family, records that are one child, restrictions, social care."""
