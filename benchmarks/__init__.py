"""What Hanse can do, in figures: `make bench B=NAME`; see README.md here.

`figures` has what all of them share, `measuring` and `standing` start what is
measured. One file per benchmark; each ends with status 1 if a figure falls short.
"""
