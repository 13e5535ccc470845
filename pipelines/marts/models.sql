-- models: one row a basis of the churn estimate, as it was fitted last.
select * from internal.models
