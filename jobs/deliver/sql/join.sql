-- join: a route that was not there before.
insert into routes (name, reached_seq, reached_us) values (:route, :seq, :said_us) on conflict do nothing
