"""Delivery: what is said in the journal goes to hooks, pagers, chats and mail. At least once, under ids that let a receiver count it once."""
