"""What comes in other people's formats: STIX bundles and MISP events.

Both end in the same deeds as everything else: a bundle is put into the alliance's
store like TAXII does it, a MISP event becomes a report.
"""
