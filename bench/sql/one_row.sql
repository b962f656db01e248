-- The smallest durable change: one row, one client.
UPDATE bench.one_row SET n = n + 1;
