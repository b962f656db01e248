-- One payment of pgbench: a random wallet, and a shop as people choose shops.
\set wallet random(0, :wallets - 1)
\set store random_zipfian(1, :merchants, :zipf)
\set amount random(:smallest, :largest)
\set w 100000000000 + :wallet
\set p 200000000000 + :wallet
\set s 400000000000 + :store - 1
SELECT bench.pay(:region, uuidv7(), (:prefix || :p)::uuid, (:prefix || :w)::uuid, (:prefix || :s)::uuid, :amount);
