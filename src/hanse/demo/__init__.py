"""A whole alliance on one machine: the demo for people, the sandbox for test suites.

Puts together what users run (`hanse hub serve`, edges) in a throw-away folder, with
invented companies, and takes all of it away again at the end. Nothing in here is
needed to run a real hub or edge.
"""
