"""The machines' door: places, catalogue, tallies, visits as JSON."""
