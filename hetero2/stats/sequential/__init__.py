"""Two arms of a campaign compared after every round, with evidence and intervals that hold at every look."""
