-- One batch of those that were drawn.
\set batch random(0, :batches - 1)
SELECT bench.write_batch(:region, :batch, :zone, (:campaign)::uuid);
