-- digested: what went with a digest follows it.
update deliveries set status = 'digested' where route = :route and digest_id = :id and status = 'in_digest'
