"""The phone's door: batches of visits in, one answer an item out."""
