"""What we compute: pure steps from bytes to journeys, marts and estimates. No files, no network, no clock, no environment."""
