-- span_of_works: from when until when the operations last of which something changed. Grain: one row. Relation: touched_works.
select min(time_us), max(time_us) from internal.works where flow in (select flow from touched_works)
