"""Tags of pages that are composed of all apps."""
