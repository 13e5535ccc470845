-- gather: a delivery goes with a digest.
update deliveries set status = 'in_digest', digest_id = :digest_id, let_us = :let_us, notices = null where route = :route and id = :id
