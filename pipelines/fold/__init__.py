"""The fold: what commits change in the live mart, as SQL over ``internal`` tables and the Arrow tables of a commit. `jobs.mart.fold` runs it."""
