"""The dated tree of places: nation, provinces, communes, villages."""
