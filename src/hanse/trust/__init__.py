"""From claims to a score: how much to believe, and how fast belief fades."""
