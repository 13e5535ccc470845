-- enable: a person says that a receiver wants them again.
update routes set disabled_us = null where name = :route
