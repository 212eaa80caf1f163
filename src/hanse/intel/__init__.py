"""What members tell each other: STIX, reporting, search, TAXII, MISP, the mirror."""
