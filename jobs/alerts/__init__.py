"""What a person sees and says of alerts: the list, one whole, and notes about them."""
