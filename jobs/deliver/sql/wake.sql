-- wake: what people want silence about has changed: what is held because of it is asked about again.
update deliveries set next_us = :now where status = 'held' and reason in ('snoozed', 'maintenance') and next_us > :now
