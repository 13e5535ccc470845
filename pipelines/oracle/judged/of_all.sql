-- of_all: what a rule of scope `all` sees of customers: every event. Grain: key. Reads `walked`.
select * from walked
