"""The marts as SQL: one file a relation, each a SELECT over the schema ``internal``. `jobs.mart.build` makes views or tables of them."""
