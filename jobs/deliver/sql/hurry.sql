-- hurry: a receiver is well again: what waits only because it was not is tried at once.
update deliveries indexed by by_status set next_us = :now where route = :route and status = 'waiting' and weary = 1 and next_us > :now
