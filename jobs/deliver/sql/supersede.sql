-- supersede: what was held of an alert need not be told: it has grown graver, and that is told at once.
update deliveries indexed by by_alert set status = 'dropped', reason = 'superseded', notices = null where route = :route and key = :key and status = 'held'
