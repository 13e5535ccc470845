-- give_up: a receiver wants no more: nothing waits for it any longer.
update deliveries indexed by by_status set status = 'dead', detail = :detail where route = :route and status in ('waiting', 'held')
