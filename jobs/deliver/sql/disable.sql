-- disable: a receiver wants no more.
update routes set disabled_us = :now where name = :route and disabled_us is null
