"""What rules of scope all see, and how what they find becomes part of the mart: statements for the live mart. `jobs.mart.overall` runs them."""
