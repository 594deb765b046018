"""What each page of the meetings fetches, asks, does and answers."""
