"""What an event, a table and a journey map are: contracts, their documentation and their examples. Imports nothing of ours."""
