-- span: from when to when the touched operations are worked on (µs); null where there are none. Relation: touched_flows.
select min(time_us), max(time_us) from internal.works where flow in (select flow from touched_flows)
