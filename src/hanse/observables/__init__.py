"""One spelling of every value, so that a second report joins the first.

`parse` turns what people write into an `Observable`: a kind and its one
canonical spelling. `matcher` says which indicators would cover a value. Pure
and without I/O, but for the list of public suffixes, read once on first use.
What a value means, who reported it and who may hear of it is not known here.

    kinds      the eight kinds of values and the proof that one was parsed
    url        Safe Browsing's canonical form, with the reasons where we differ
    host       names and addresses: IDN, every spelling of an IPv4 address
    sender, fingerprint, app, wifi      the other kinds
    defanging  hxxp://evil[.]example and back
    suffixes   where a registrable name ends
    parse      the door: text in, `Observable` out
    matcher    what to look up to decide whether a value is covered
"""
