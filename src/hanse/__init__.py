"""Hanse: an alliance of internet companies that defends itself together.

Share the attacker in clear, the customer only as a token.
"""

__version__ = "0.1.0"
