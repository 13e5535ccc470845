-- reach: what was said up to here is planned.
update routes set reached_seq = :seq, reached_us = :said_us where name = :route
