"""Which of two random groups of documents is nearer, for each bit."""
